// Bubbles: text, buttons, links, pictures and files of one message.

const ADDRESS = /(https?:\/\/[^\s，。；！？、（）“”]+)/;

export function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

export function clockTime(moment) {
  return moment.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" });
}

// side: "me", "bot" or "other"; the bubble element has `bubble.body` for what belongs under the text.
export function bubble(side, name, text, moment) {
  const item = make("div", `item ${side}`);
  const face = make("span", "face", (name || "·").slice(-1));
  face.setAttribute("aria-hidden", "true");
  const body = make("div", "body");
  if (side !== "me") body.append(make("span", "who", name));
  if (text) body.append(withAddresses(make("div", "bubble"), text));
  body.append(make("span", "when", clockTime(moment)));
  item.append(face, body);
  item.body = body;
  return item;
}

export function botMessage(name, message, moment, words, tap) {
  const item = bubble("bot", name, message.text, moment);
  const extra = make("div", "extra");
  for (const file of message.files || []) extra.append(attached(file, words));
  for (const link of message.links || []) extra.append(linkCard(link, words));
  if (extra.childElementCount) item.body.insertBefore(extra, item.body.lastChild);
  item.dataset.message = message.id;
  item.columns = message.columns || 1;
  setChoices(item, message.choices || [], tap);
  return item;
}

// Replaces the buttons under a message; a button gets `chosen` when it carries a tick.
export function setChoices(item, choices, tap) {
  item.querySelectorAll(".choices").forEach((old) => old.remove());
  const answers = make("div", "choices");
  const commands = make("div", "choices quick");
  answers.dataset.columns = Math.min(item.columns || 1, 4);
  for (const choice of choices) {
    const command = choice.token.startsWith("c:");
    const button = make("button", "", choice.label);
    button.type = "button";
    if (/^[✓☑]/.test(choice.label)) {
      button.classList.add("chosen");
      button.setAttribute("aria-pressed", "true");
    }
    if (/^v:\d+:-1$/.test(choice.token)) button.classList.add("primary");
    button.addEventListener("click", () => tap(choice, item, button));
    (command ? commands : answers).append(button);
  }
  for (const group of [answers, commands]) {
    if (group.childElementCount) item.body.insertBefore(group, item.body.lastChild);
  }
}

export function systemLine(text) {
  return make("p", "line", text);
}

function withAddresses(element, text) {
  for (const part of text.split(ADDRESS)) {
    if (ADDRESS.test(part)) {
      const anchor = make("a", "", part);
      outward(anchor, part);
      element.append(anchor);
    } else {
      element.append(part);
    }
  }
  return element;
}

function linkCard(link, words) {
  const card = make("a", "link-card");
  outward(card, link.url);
  card.append(make("strong", "", link.label), make("span", "muted", words.openLink));
  return card;
}

function outward(anchor, url) {
  if (/^https?:\/\//i.test(url) || url.startsWith("/")) anchor.href = url;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer";
}

function attached(file, words) {
  if (file.mime.startsWith("image/")) {
    const picture = make("img", "picture");
    picture.alt = file.name;
    picture.src = `data:${file.mime};base64,${file.data}`;
    return picture;
  }
  const bytes = Uint8Array.from(atob(file.data), (letter) => letter.charCodeAt(0));
  const chip = make("a", "file-chip");
  chip.href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  chip.download = file.name;
  chip.append(make("strong", "", file.name), make("span", "muted", `${words.download} · ${size(bytes.length)}`));
  return chip;
}

function size(bytes) {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}
