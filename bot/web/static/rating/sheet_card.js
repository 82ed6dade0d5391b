// One target's card: a row of large buttons for each item, and helpers that fill only what was not chosen.
import { ask, describe, make, part, put, say } from "./sheet_words.js";

const MOVE_ON = 450;
const WIDE = 3;

export class Card {
  /** `sheet` is what is filled in; `acts` are { changed(), moveOn(from), go(target), copied(count) }. */
  constructor(sheet, acts) {
    this.sheet = sheet;
    this.acts = acts;
    this.timer = 0;
    this.tapped = false;
    const items = part("items");
    items.classList.toggle("wide", sheet.manifest.grades.some((grade) => grade.name.length > WIDE));
    items.addEventListener("pointerdown", () => (this.tapped = true));
    items.addEventListener("keydown", () => (this.tapped = false));
    items.addEventListener("change", (event) => this.chosen(event.target));
    part("fill").addEventListener("click", (event) => this.fill(event.detail > 0));
    part("copy").addEventListener("click", () => this.copy());
  }

  /** Show the card of a target; `editing` when it was opened from the review. */
  show(target, editing) {
    this.leave();
    const { manifest, mine, marks } = this.sheet;
    const { name, unit } = manifest.targets[target];
    Object.assign(this, { target, editing, last: 0, wasDone: marks.done(target) });
    const at = mine.indexOf(target);
    put("place", say("place", { at: at + 1, all: mine.length }));
    put("card-title", name);
    put("card-unit", unit || "");
    part("items").replaceChildren(...manifest.items.map((item, index) => this.row(item, index)));
    part("back").hidden = editing || at === 0;
    part("next").hidden = editing;
    const final = at === this.sheet.open().length - 1;
    part("next").textContent = say(final ? "toReview" : "next");
    part("look-over").hidden = editing || final;
    part("return").hidden = !editing;
    this.refresh();
  }

  /** The card goes away: nothing may move on by itself any more. */
  leave() {
    clearTimeout(this.timer);
  }

  row(item, index) {
    const several = this.sheet.manifest.items.length > 1;
    const legend = make("legend", { textContent: several ? `${index + 1}. ${item.name}` : item.name });
    const grades = this.sheet.manifest.grades.map((grade, at) => {
      const radio = make("input", { type: "radio", className: "away", name: `item${index}`, value: at + 1 });
      radio.checked = this.sheet.marks.rows[this.target][index] === at + 1;
      radio.dataset.item = index;
      return make("label", { className: "grade" }, radio, make("span", { textContent: grade.name }));
    });
    return make("fieldset", { className: "item" }, legend, make("div", { className: "grades" }, ...grades));
  }

  chosen(radio) {
    this.last = Number(radio.value);
    this.sheet.marks.set(this.target, Number(radio.dataset.item), this.last);
    this.acts.changed();
    this.refresh();
    this.follow(this.tapped);
  }

  /** The rest of this card gets the grade that was tapped last. */
  fill(tapped) {
    this.sheet.marks.fill(this.target, this.last);
    for (const [item, mark] of this.sheet.marks.rows[this.target].entries()) {
      part("items").querySelector(`[name=item${item}][value="${mark}"]`).checked = true;
    }
    this.acts.changed();
    this.refresh();
    if (!tapped) part("next").focus();
    this.follow(tapped);
  }

  /** After a tap: on to the next card when this one has just become complete, else show the next blank item. Whoever
   * uses a keyboard moves on alone: there the first arrow key already chooses. */
  follow(tapped) {
    this.leave();
    if (!tapped || this.wasDone) return;
    if (this.sheet.marks.done(this.target)) {
      this.timer = setTimeout(() => this.acts.moveOn(this.target, this.editing), MOVE_ON);
      return;
    }
    const blank = this.sheet.marks.rows[this.target].indexOf(0);
    const item = part("items").children[blank];
    if (item.getBoundingClientRect().bottom > part("card-bar").getBoundingClientRect().top) {
      item.scrollIntoView({ block: "center" });
    }
  }

  refresh() {
    const { manifest, mine, marks } = this.sheet;
    const missing = marks.missing(this.target);
    const offer = this.last > 0 && missing > 0;
    const fill = part("fill");
    fill.hidden = manifest.items.length === 1;
    fill.classList.toggle("unseen", !offer);
    fill.textContent = offer
      ? say("fill", { count: missing, grade: manifest.grades[this.last - 1].name })
      : say("cardDone");
    part("next").classList.toggle("primary", missing === 0);
    put("progress", this.sheet.progress());
    Object.assign(part("bar"), { max: mine.length, value: mine.filter((target) => marks.done(target)).length });
    const source = this.source();
    part("copy").hidden = source < 0 || this.below(source).length < 2;
    if (source >= 0) {
      const name = manifest.targets[source].name;
      part("copy").textContent = say("copy", { count: this.below(source).length, name });
    }
  }

  /** Whose card may be copied downwards: this one when it is complete, the one before while this one is untouched. */
  source() {
    const { mine, marks } = this.sheet;
    if (marks.done(this.target)) return this.target;
    const before = mine[mine.indexOf(this.target) - 1];
    return before !== undefined && marks.untouched(this.target) && marks.done(before) ? before : -1;
  }

  below(source) {
    return this.sheet.open().filter((target) => target > source && this.sheet.marks.untouched(target));
  }

  /** Say what would be filled, fill it after a yes, and go to the review, where it can be undone. */
  async copy() {
    this.leave();
    const { manifest, marks } = this.sheet;
    const source = this.source();
    const below = this.below(source);
    const names = { name: manifest.targets[source].name, first: manifest.targets[below[0]].name };
    const last = manifest.targets[below[below.length - 1]].name;
    const choices = describe(manifest, marks.rows[source]);
    if (!(await ask(say("copyAsk", { ...names, last, count: below.length, choices }), say("copyYes")))) return;
    marks.copy(source, below);
    this.acts.changed();
    this.acts.copied(below.length);
  }
}
