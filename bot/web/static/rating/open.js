// Opening the box: fetch the sealed rows of a target and class, open and sort them here, hand in all of them at once.
import { b64u, joinSorted, openRows, sha256, unhex } from "./sealing.js";
import { VOID, able, onSubmit, post, say, unlock, watchShares, words } from "./teller.js";

const form = document.getElementById("open");
const bar = document.getElementById("bar");
const { manifest } = form.dataset;
const { items, grades, public_key: publicKey } = JSON.parse(manifest);
const parts = JSON.parse(form.dataset.parts);

if (await able()) {
  onSubmit(form, openBox);
  watchShares(form);
}

async function openBox() {
  say(words.unlocking);
  const key = await unlock(form);
  if (b64u(key.public) !== publicKey) return say(words.doesNotOpen, "warn");
  const hash = await sha256(new TextEncoder().encode(manifest));
  if (b64u(hash) !== b64u(unhex(form.dataset.hash))) return say(words.changed, "warn");
  const boxes = [];
  const total = parts.reduce((sum, part) => sum + part.count, 0);
  let before = 0;
  bar.hidden = false;
  bar.max = Math.max(total, 1);
  for (const part of parts) {
    const sealed = await sealedRows(part);
    const opened = await openRows(key, hash, part.target, items.length, sealed, (done) => {
      bar.value = before + done;
      say(words.progress.replace("{done}", before + done).replace("{total}", total));
    });
    before += part.count;
    boxes.push({ target: part.target, class_index: part.class_index, rows: b64u(judged(opened)) });
  }
  const answer = await post({ boxes: JSON.stringify(boxes) });
  bar.hidden = true;
  if (answer.state === "published") location.assign(answer.next);
  else say(answer.sentence, answer.state === "different" ? "warn" : "ok");
  return undefined;
}

async function sealedRows(part) {
  const response = await fetch(`${form.dataset.sealed}?target=${part.target}&class=${part.class_index}`);
  if (!response.ok) throw Object.assign(new Error("refused"), { sentence: words.failed });
  return new Uint8Array(await response.arrayBuffer());
}

/** The rows in the order of their bytes: an unknown grade is void, and so is all of a row that did not open. */
function judged({ rows, failed }) {
  const size = items.length;
  const all = Array.from({ length: failed }, () => new Uint8Array(size).fill(VOID));
  for (let at = 0; at < rows.length; at += size) {
    all.push(rows.slice(at, at + size).map((grade) => (grade > grades.length ? VOID : grade)));
  }
  return joinSorted(all);
}
