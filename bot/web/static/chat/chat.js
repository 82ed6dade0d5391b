// The chat page: opens panes, routes frames to them, keeps the switcher and the list of people.

import { Link } from "./link.js";
import { Pane } from "./pane.js";
import { People } from "./people.js";

const words = document.getElementById("words").dataset;
const self = document.body.dataset.account;
const operator = document.body.dataset.operator === "1";
const holder = document.getElementById("panes");
const switcher = document.getElementById("switch");
const state = document.getElementById("state");
const panes = new Map();
const MOST = 6;
const KEPT = "azalea-panes";

const link = new Link({ frame: received, status: showState, opened: rejoin });

function add(account) {
  if (panes.has(account)) {
    bringForward(account);
    return;
  }
  if (panes.size >= MOST) {
    showState(words.full, true);
    return;
  }
  const pane = new Pane(account, words, {
    send: (frame) => link.send({ ...frame, as: account }),
    said: (chat, text, id) => mirror(account, chat, text, id),
    remove: operator ? () => remove(account) : null,
    changed: drawSwitcher,
  });
  panes.set(account, pane);
  holder.append(pane.element);
  link.join(account);
  bringForward(account);
  keep();
}

function remove(account) {
  panes.get(account)?.element.remove();
  panes.delete(account);
  link.leave(account);
  if (panes.size) bringForward(panes.keys().next().value);
  keep();
}

function bringForward(account) {
  for (const [name, pane] of panes) pane.element.classList.toggle("front", name === account);
  panes.get(account).element.scrollIntoView({ block: "nearest", inline: "nearest" });
  panes.get(account).seen();
  drawSwitcher();
}

function keep() {
  if (operator) sessionStorage.setItem(KEPT, JSON.stringify([...panes.keys()]));
}

function rejoin() {
  if (operator && panes.size === 0) link.ask({ op: "people", text: "", page: 0 });
}

function received(frame) {
  if (frame.op === "people") {
    if (panes.size === 0) open(frame);
    people?.show(frame);
  } else if (frame.op === "message" || frame.op === "talk") {
    for (const pane of panes.values()) pane.heard(frame);
  } else if (frame.op === "joined") {
    panes.get(frame.as)?.joined(frame);
  } else if (frame.op === "ack") {
    answered(frame);
  } else if (frame.op === "error") {
    for (const pane of panes.values()) pane.failed(frame.id, words[camel(frame.error)] || words.failed);
  }
}

function open(frame) {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) || "[]");
  const first = kept.length ? kept : frame.panes;
  for (const account of first.length ? first : [self]) add(account);
  bringForward(panes.keys().next().value);
}

function answered(frame) {
  const pane = panes.get(frame.as);
  if (!pane) return;
  const tapped = pane.acknowledged(frame);
  if (frame.message && pane.isGroup(frame.chat) && !tapped) {
    for (const other of panes.values()) {
      if (other !== pane) other.heard({ op: "message", chat: frame.chat, message: frame.message });
    }
  }
  if (!pane.name) link.join(frame.as);
}

// What one pane says in a group is heard by the others of this window; the server tells everybody else.
function mirror(account, chat, text, id) {
  for (const [name, pane] of panes) {
    if (name !== account) pane.heard({ op: "talk", id, chat, from: account, name: panes.get(account).name, text });
  }
}

function drawSwitcher() {
  switcher.hidden = panes.size < 2;
  switcher.replaceChildren(
    ...[...panes].map(([account, pane]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = pane.name || words.guest;
      button.setAttribute("aria-pressed", pane.element.classList.contains("front"));
      if (pane.unread) {
        const badge = document.createElement("span");
        badge.className = "badge";
        badge.textContent = pane.unread;
        badge.setAttribute("aria-label", `${pane.unread} ${words.unread}`);
        button.append(badge);
      }
      button.addEventListener("click", () => bringForward(account));
      return button;
    }),
  );
  const unread = [...panes.values()].reduce((sum, pane) => sum + pane.unread, 0);
  document.title = (unread ? `(${unread}) ` : "") + document.title.replace(/^\(\d+\) /, "");
}

function showState(text, passing) {
  state.hidden = !text;
  state.textContent = text ? words[text] || text : "";
  if (passing) setTimeout(() => { state.hidden = true; }, 4000);
}

function camel(name) {
  return String(name).replace(/_(.)/g, (_, letter) => letter.toUpperCase());
}

const people = operator
  ? new People(words, { ask: (text, page) => link.ask({ op: "people", text, page }), chosen: add })
  : null;
if (!operator) add(self);
link.open();
