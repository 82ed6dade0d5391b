// The choices of one sheet: a row a target, a number an item. 0 is a blank, 1..n the n-th grade.
// Nothing is chosen that was not tapped: every helper fills blanks, and only when it is called.

export class Marks {
  constructor(targets, items, grades) {
    this.items = items;
    this.grades = grades;
    this.rows = Array.from({ length: targets }, () => new Array(items).fill(0));
    this.copied = null;
  }

  /** How many items of a target are blank. */
  missing(target) {
    return this.rows[target].filter((mark) => mark === 0).length;
  }

  done(target) {
    return this.missing(target) === 0;
  }

  untouched(target) {
    return this.missing(target) === this.items;
  }

  set(target, item, grade) {
    this.rows[target][item] = grade;
  }

  /** Give the blank items of a target one grade. */
  fill(target, grade) {
    this.rows[target] = this.rows[target].map((mark) => mark || grade);
  }

  /** Give targets that are untouched the row of another one. */
  copy(source, targets) {
    this.copied = { row: [...this.rows[source]], targets };
    for (const target of targets) this.rows[target] = [...this.rows[source]];
  }

  /** Take the last copy back where it was not changed since; how many targets are blank again. */
  undoCopy() {
    const { row, targets } = this.copied;
    const same = targets.filter((target) => this.rows[target].every((mark, item) => mark === row[item]));
    for (const target of same) this.rows[target].fill(0);
    this.copied = null;
    return same.length;
  }

  /** How many targets have a grade in an item. */
  count(item, grade) {
    return this.rows.filter((row) => row[item] === grade).length;
  }

  clear() {
    for (const row of this.rows) row.fill(0);
    this.copied = null;
  }

  /** One byte array a target, as it is sealed or sent. */
  bytes() {
    return this.rows.map((row) => Uint8Array.from(row));
  }

  toText() {
    return JSON.stringify({ rows: this.rows, copied: this.copied });
  }

  /** Take over what `toText` wrote; anything that does not fit this sheet is left alone. */
  fromText(text) {
    const { rows, copied } = JSON.parse(text);
    const fits = (row) => row.length === this.items && row.every((mark) => mark >= 0 && mark <= this.grades);
    if (rows.length !== this.rows.length || !rows.every(fits)) return;
    this.rows = rows;
    this.copied = copied;
  }
}
