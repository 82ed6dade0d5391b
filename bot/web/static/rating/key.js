// The tellers' key: made here, or brought as a file; then proved with a test envelope. The secret never leaves this page.
import { splitKey, writeKeyFile, readLabel } from "./key_file.js";
import { b64u, makeKey, openTest, unb64u } from "./sealing.js";
import { able, chosen, onSubmit, post, say, unlock, watchShares, words } from "./teller.js";

const make = document.getElementById("make");
const bring = document.getElementById("bring");
const prove = document.getElementById("prove");
const split = make?.elements.split;

split?.addEventListener("change", () => {
  document.getElementById("shares").hidden = !split.checked;
  document.getElementById("whole").hidden = split.checked;
});

if (await able()) {
  onSubmit(make, makeAndSave);
  onSubmit(bring, async () => {
    await post({ action: "key", public: b64u(readLabel(await chosen(bring.elements.file)).public) });
    location.reload();
  });
  onSubmit(prove, async () => {
    say(words.opening);
    const key = await unlock(prove);
    const { envelope } = await post({ action: "test" });
    const answer = await openTest(key, unb64u(envelope));
    await post({ action: "prove", answer: b64u(answer) });
    location.reload();
  });
  watchShares(prove);
}

async function makeAndSave() {
  const key = await makeKey();
  const parts = split.checked ? splitKey(key) : [key];
  const files = [];
  for (const part of parts) {
    const passphrase = make.elements[`passphrase${part.share}`].value;
    if (passphrase !== make.elements[`again${part.share}`].value) return say(words.notTheSame, "warn");
    files.push([fileName(part.share), await writeKeyFile(part, passphrase)]);
  }
  await post({ action: "key", public: b64u(key.public) });
  say("");
  return offer(files);
}

function fileName(share) {
  return share ? `${words.fileName}-${share}.json` : `${words.fileName}.json`;
}

function offer(files) {
  const list = document.getElementById("files");
  for (const [name, text] of files) {
    const link = document.createElement("a");
    link.className = "button";
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = name;
    link.textContent = words.save.replace("{name}", name);
    list.append(link);
    if (files.length === 1) link.click();
  }
  make.hidden = true;
  bring.hidden = true;
  document.getElementById("made").hidden = false;
}
