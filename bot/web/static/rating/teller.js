// What the tellers' pages share: their words, the progress line, forms for a script, and reading key files.
import { joinKey, readKeyFile, readLabel } from "./key_file.js";
import { supported } from "./sealing.js";

/** A mark that is no grade, or of which nothing could be read. */
export const VOID = 255;
export const words = document.getElementById("words").dataset;
const line = document.getElementById("said");

/** Show a sentence; `kind` is "warn", "ok" or "muted". */
export function say(text, kind = "muted") {
  line.className = kind;
  line.textContent = text;
  line.hidden = !text;
}

/** A failure as a sentence: what the server said, or the words for the reason of a sealing error. */
export function sayError(error) {
  const name = (error.reason || "").replace(/-(.)/g, (_, letter) => letter.toUpperCase());
  say(words[name] || error.sentence || words.failed, "warn");
}

/** Send a form of this page to `path`; the values that came back, or an error with the server's sentence. */
export async function post(values, path = location.pathname) {
  const body = new FormData();
  body.set("csrf", words.csrf);
  for (const [name, value] of Object.entries(values)) body.set(name, value);
  let response;
  try {
    response = await fetch(path, { method: "POST", body, headers: { accept: "application/json" } });
  } catch {
    throw Object.assign(new Error("offline"), { sentence: words.offline });
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw Object.assign(new Error("refused"), { sentence: answer.error });
  return answer;
}

/** Run `work` when a form is sent, with its buttons off meanwhile and every failure said. */
export function onSubmit(form, work) {
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const buttons = form.querySelectorAll("button");
    for (const button of buttons) button.disabled = true;
    try {
      await work(form);
    } catch (error) {
      sayError(error);
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  });
}

/** The key in a form's file (and, where that is one of three shares, in its second file), unlocked. */
export async function unlock(form) {
  const first = await readKeyFile(await chosen(form.elements.file), form.elements.passphrase.value);
  if (!first.share) return first;
  if (!form.elements.file2.files.length) throw Object.assign(new Error("one share"), { reason: "needs-two-shares" });
  const second = await readKeyFile(await chosen(form.elements.file2), form.elements.passphrase2.value);
  return joinKey(first, second);
}

/** Ask for the second share as soon as the first file turns out to be one. */
export function watchShares(form) {
  form?.elements.file.addEventListener("change", async () => {
    try {
      form.querySelector("[data-second]").hidden = !readLabel(await chosen(form.elements.file)).share;
      say("");
    } catch (error) {
      sayError(error);
    }
  });
}

/** False, with the reason said, where this browser cannot seal and open. */
export async function able() {
  if (await supported()) return true;
  say(words.unsupported, "warn");
  return false;
}

/** The text of the chosen file. */
export async function chosen(input) {
  const [file] = input.files;
  if (!file) throw Object.assign(new Error("no file"), { sentence: words.noFile });
  return file.text();
}
