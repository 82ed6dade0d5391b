// Typing in paper sheets: a digit an item, a line a person. Sheets stay on this device; what is handed in is, per
// person, the sorted rows of all sheets, so that no whole sheet is stored anywhere else. Here they are encrypted like
// a voter's draft, with a key that only this page gives and only until both tellers agree.
import { Draft } from "./sheet_draft.js";
import { b64u, joinSorted } from "./sealing.js";
import { VOID, onSubmit, post, say, words } from "./teller.js";

const OWN = "-";
const form = document.getElementById("sheet");
const setup = JSON.parse(form.dataset.setup);
const hand = document.getElementById("hand");
const list = document.getElementById("sheets");
const inputs = [...form.querySelectorAll("input[data-target]")];
const draft = new Draft(`paper.${setup.round}`, `${setup.clerk}-${setup.class_index}`, setup.draft, setup.hash);
const sheets = JSON.parse((await draft.load()) || "[]");
let destroy = ""; // so many sheets are destroyed unopened, and this teller has been told
const allowed = new RegExp(`^(?:${OWN}|[0-${setup.grades}x]{${setup.items}})$`);

draw();
for (const [at, input] of inputs.entries()) {
  input.addEventListener("input", () => {
    input.value = input.value.normalize("NFKC").toLowerCase().replace(/[^0-9x-]/g, "");
    if (allowed.test(input.value)) {
      input.removeAttribute("aria-invalid");
      (inputs[at + 1] || form.querySelector("button")).focus();
    }
  });
}

onSubmit(form, async () => {
  const wrong = inputs.find((input) => !allowed.test(input.value));
  if (wrong) {
    wrong.setAttribute("aria-invalid", "true");
    wrong.focus();
    return say(words.line.replace("{items}", setup.items).replace("{most}", setup.grades), "warn");
  }
  sheets.push(inputs.map((input) => input.value));
  keep();
  form.reset();
  inputs[0].focus();
  return say(words.kept.replace("{number}", sheets.length), "ok");
});

onSubmit(hand, async () => {
  const returned = Number(hand.elements.returned.value);
  const spoiled = Number(hand.elements.void.value);
  if (returned - spoiled !== sheets.length) {
    return say(words.count.replace("{typed}", sheets.length).replace("{valid}", returned - spoiled), "warn");
  }
  const answer = await post({ class: setup.class_index, returned, void: spoiled, boxes: JSON.stringify(boxes()), destroy });
  destroy = answer.state === "destroys" ? answer.sheets : "";
  if (answer.state === "agreed") {
    await draft.clear();
    sheets.length = 0;
    draw();
  }
  return say(answer.sentence, ["different", "destroys"].includes(answer.state) ? "warn" : "ok");
});

hand.addEventListener("input", () => (destroy = ""));

list.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-at]");
  if (!button) return;
  const [sheet] = sheets.splice(Number(button.dataset.at), 1);
  inputs.forEach((input, at) => (input.value = sheet[at]));
  keep();
  say(words.again);
  inputs[0].focus();
});

function keep() {
  destroy = "";
  draft.save(JSON.stringify(sheets));
  draw();
}

function draw() {
  document.getElementById("typed").textContent = words.typed.replace("{number}", sheets.length);
  list.replaceChildren(
    ...sheets.map((_, at) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.at = at;
      button.textContent = words.takeBack.replace("{number}", at + 1);
      item.append(button);
      return item;
    }),
  );
}

function boxes() {
  return setup.targets.map((target, at) => {
    const lines = sheets.map((sheet) => sheet[at]).filter((text) => text !== OWN);
    const rows = lines.map((text) => Array.from(text, (letter) => (letter === "x" ? VOID : Number(letter))));
    return { target, rows: b64u(joinSorted(rows)) };
  });
}
