// Every target with its choices before the sheet is sent, what is missing, and the way back to each card.
import { describe, make, part, put, say } from "./sheet_words.js";

/** Fill the review; `edit(target)` opens a card. */
export function showReview(sheet, edit) {
  const { manifest, marks } = sheet;
  const open = sheet.open();
  const missing = open.reduce((sum, target) => sum + marks.missing(target), 0);
  const nothing = missing === open.length * manifest.items.length;
  put("complete", missing ? "" : say(open.length < sheet.mine.length ? "speakerOver" : "complete", { all: open.length }));
  put("missing", missing ? say(nothing ? "nothing" : "missing", { count: missing }) : "");
  put("replaces", sheet.sent ? say("replaces") : "");
  put("over-cap", overCap(sheet));
  part("undo-line").hidden = !marks.copied;
  part("targets").replaceChildren(...open.map((target) => line(sheet, target, edit)));
}

function line(sheet, target, edit) {
  const { manifest, marks } = sheet;
  const { name, unit } = manifest.targets[target];
  const button = make(
    "button",
    { type: "button", className: "target", onclick: () => edit(target) },
    make("strong", { textContent: name }),
    make("span", { className: "muted", textContent: unit || "" }),
    make("span", { className: "edit", textContent: say("edit") }),
    make("span", {
      className: marks.done(target) ? "choices" : "choices warn",
      textContent: describe(manifest, marks.rows[target]),
    }),
  );
  return make("li", {}, button);
}

/** The warning for every item in which more targets got the first grade than the year's notice wants (DR-3). */
function overCap({ manifest, marks, cap }) {
  if (cap === null) return "";
  const over = manifest.items
    .map((item, index) => ({ item: item.name, count: marks.count(index, 1) }))
    .filter(({ count }) => count > cap);
  return over.map((one) => say("overCap", { ...one, grade: manifest.grades[0].name, cap })).join("");
}
