// Sentences, elements and questions: what every part of the rating sheet uses.

const words = document.getElementById("words").dataset;

/** A sentence of the page with its {values} filled in. */
export function say(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** The element of this page with an id. */
export function part(id) {
  return document.getElementById(id);
}

/** A new element with properties and children. */
export function make(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** Put a sentence into a place; the place is hidden without one. */
export function put(id, text) {
  part(id).textContent = text;
  part(id).hidden = !text;
}

/** Ask before something that fills or clears many choices; whether the answer was yes. */
export function ask(text, yes) {
  const dialog = part("ask");
  if (!dialog.showModal) return Promise.resolve(window.confirm(text));
  put("ask-text", text);
  put("ask-yes", yes);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** The choices of one target in words: what most items have is said once. */
export function describe(manifest, row) {
  const groups = new Map();
  row.forEach((mark, item) => groups.set(mark, [...(groups.get(mark) || []), manifest.items[item].name]));
  const grade = (mark) => (mark ? manifest.grades[mark - 1].name : say("blank"));
  const [[most, shared], ...others] = [...groups].sort((one, other) => other[1].length - one[1].length);
  if (!others.length) {
    if (!most) return say("allBlank");
    return row.length === 1 ? grade(most) : say("everything", { grade: grade(most) });
  }
  const listed = ([mark, items]) => say("choice", { grade: grade(mark), items: items.join("、") });
  if (shared.length * 2 <= row.length) return [[most, shared], ...others].map(listed).join("；");
  return [...others.map(listed), say("rest", { count: shared.length, grade: grade(most) })].join("；");
}
