// One person's pane: chats as tabs, a log for each, a typing box.

import { bubble, botMessage, make, setChoices, systemLine } from "./bubble.js";
import { newId } from "./link.js";

const FAILED_AFTER = 20000;

export class Pane {
  constructor(account, words, on) {
    this.account = account;
    this.words = words;
    this.on = on;
    this.name = "";
    this.chats = new Map();
    this.pending = new Map();
    this.early = false;
    this.element = make("section", "pane");
    this.build();
  }

  get unread() {
    return [...this.chats.values()].reduce((sum, chat) => sum + chat.unread, 0);
  }

  build() {
    const head = make("div", "pane-head");
    this.face = make("span", "face", "…");
    this.face.setAttribute("aria-hidden", "true");
    this.title = make("h2", "", this.words.connecting);
    this.place = make("span", "muted small");
    const who = make("div", "grow");
    who.append(this.title, this.place);
    head.append(this.face, who);
    if (this.on.remove) {
      const close = make("button", "plain", "×");
      close.type = "button";
      close.setAttribute("aria-label", this.words.remove);
      close.addEventListener("click", this.on.remove);
      head.append(close);
    }
    this.tabs = make("div", "tabs");
    this.tabs.setAttribute("role", "tablist");
    this.logs = make("div", "logs");
    this.toasts = make("div", "toasts");
    this.toasts.setAttribute("role", "status");
    this.element.append(head, this.tabs, this.logs, this.toasts, this.composer());
  }

  composer() {
    const form = make("form", "composer");
    this.box = make("textarea");
    this.box.rows = 1;
    this.box.placeholder = this.words.write;
    this.box.setAttribute("aria-label", this.words.write);
    this.box.addEventListener("input", () => this.grow());
    this.box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.submit();
      }
    });
    this.box.addEventListener("focus", () => this.seen());
    for (const way of ["paste", "drop"]) this.box.addEventListener(way, (event) => this.refuseFiles(event));
    const send = make("button", "primary", this.words.send);
    form.append(this.box, send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    return form;
  }

  refuseFiles(event) {
    if ((event.clipboardData || event.dataTransfer)?.files.length) {
      event.preventDefault();
      this.toast(this.words.textOnly);
    }
  }

  grow() {
    this.box.rows = Math.min(5, this.box.value.split("\n").length);
  }

  // Frames

  joined(frame) {
    this.name = frame.name;
    this.title.textContent = frame.name || this.words.guest;
    this.face.textContent = (frame.name || this.words.guest).slice(-1);
    this.place.textContent = frame.branch;
    this.element.setAttribute("aria-label", this.title.textContent);
    for (const { chat, title } of frame.chats) this.chat(chat, title);
    for (const past of frame.history) {
      this.show(past.chat, past.message, past.at ? new Date(past.at) : new Date(), false);
    }
    if (!this.current) this.open(frame.chats[0].chat);
    for (const chat of this.chats.values()) this.emptyHint(chat);
    this.on.changed();
    if (this.early) this.submit();
  }

  heard(frame) {
    if (!this.chats.has(frame.chat)) return;
    if (frame.op === "message") {
      this.show(frame.chat, frame.message, new Date(), true);
    } else if (!this.chats.get(frame.chat).seen.has(frame.id)) {
      this.chats.get(frame.chat).seen.add(frame.id);
      const mine = frame.from === this.account;
      this.append(frame.chat, bubble(mine ? "me" : "other", frame.name, frame.text, new Date()), !mine);
    }
  }

  // True when the event was a tap in a group: its answer is for this person only.
  acknowledged(frame) {
    const event = this.pending.get(frame.id);
    this.pending.delete(frame.id);
    if (event) this.mark(event, "sent");
    const tapped = Boolean(event?.button);
    if (event?.button) event.button.removeAttribute("aria-busy");
    if (frame.settled && event?.item) setChoices(event.item, frame.settled.choices, this.tapper(frame.chat));
    if (frame.message && tapped && this.isGroup(frame.chat)) this.toast(frame.message.text);
    else if (frame.message) this.show(frame.chat, frame.message, new Date(), true);
    else if (frame.duplicate) this.append(frame.chat, systemLine(this.words.received), false);
    return tapped;
  }

  failed(id, reason) {
    const event = this.pending.get(id);
    if (!event) return;
    event.button?.removeAttribute("aria-busy");
    this.mark(event, "failed", reason);
  }

  isGroup(chat) {
    return chat !== this.account;
  }

  // What the person does

  // What is sent before the chat is there stays in the box and goes out as soon as it is.
  submit() {
    this.early = !this.current;
    const text = this.box.value.trim();
    if (!text || this.early) return;
    this.box.value = "";
    this.grow();
    this.say(text);
  }

  say(text) {
    const { key } = this.current;
    const item = bubble("me", this.name || this.words.guest, text, new Date());
    const id = newId();
    this.current.seen.add(id);
    this.append(key, item, false);
    this.post({ op: "say", id, chat: key, text }, { item, own: item });
    if (this.isGroup(key)) this.on.said(key, text, id);
  }

  tapper(chat) {
    return (choice, item, button) => {
      if (button.getAttribute("aria-busy")) return;
      button.setAttribute("aria-busy", "true");
      const frame = { op: "tap", id: newId(), chat, token: choice.token, message: item.dataset.message };
      const own = choice.token.startsWith("c:") ? bubble("me", this.name, choice.label, new Date()) : null;
      if (own) this.append(chat, own, false);
      this.post(frame, { item, button, own });
    };
  }

  post(frame, event) {
    event.frame = frame;
    this.pending.set(frame.id, event);
    this.mark(event, "sending");
    this.on.send(frame);
    setTimeout(() => this.failed(frame.id, this.words.failed), FAILED_AFTER);
  }

  mark(event, state, reason = "") {
    if (!event.own) {
      if (reason) this.toast(reason);
      return;
    }
    event.own.dataset.state = state;
    event.own.querySelectorAll(".sending-state").forEach((old) => old.remove());
    const note = make("span", "sending-state", reason || this.words[state]);
    if (state === "failed") {
      const again = make("button", "small-button", this.words.again);
      again.type = "button";
      again.addEventListener("click", () => this.post(event.frame, event));
      note.append(again);
    }
    event.own.body.append(note);
  }

  // Chats

  chat(key, title) {
    const known = this.chats.get(key);
    if (known) return known;
    const log = make("div", "log");
    log.setAttribute("role", "log");
    log.setAttribute("aria-live", "polite");
    log.tabIndex = 0;
    log.hidden = true;
    const tab = make("button", "tab", title || this.words.private);
    tab.type = "button";
    tab.setAttribute("role", "tab");
    const badge = make("span", "badge");
    badge.hidden = true;
    tab.append(badge);
    tab.addEventListener("click", () => this.open(key));
    log.setAttribute("aria-label", title || this.words.privateTitle);
    const chat = { key, title, log, tab, badge, unread: 0, seen: new Set(), day: "", atEnd: true };
    log.addEventListener("scroll", () => {
      if (log.clientHeight) chat.atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    });
    new ResizeObserver(() => { if (chat.atEnd && log.clientHeight) this.reveal(chat); }).observe(log);
    this.chats.set(key, chat);
    this.tabs.append(tab);
    this.logs.append(log);
    return chat;
  }

  open(key) {
    this.current = this.chats.get(key);
    for (const chat of this.chats.values()) {
      const open = chat === this.current;
      chat.log.hidden = !open;
      chat.tab.setAttribute("aria-selected", open);
    }
    this.box.placeholder = this.isGroup(key) ? this.words.writeGroup : this.words.write;
    this.box.setAttribute("aria-label", this.box.placeholder);
    this.seen();
    this.reveal(this.current);
  }

  seen() {
    if (!this.current || !this.visible()) return;
    this.current.unread = 0;
    this.current.badge.hidden = true;
    this.on.changed();
  }

  visible() {
    return this.element.offsetParent !== null && document.visibilityState === "visible";
  }

  show(key, message, moment, fresh) {
    const chat = this.chats.get(key);
    if (chat.seen.has(message.id)) {
      const item = chat.log.querySelector(`[data-message="${CSS.escape(message.id)}"]`);
      if (item) setChoices(item, message.choices || [], this.tapper(key));
      return;
    }
    chat.seen.add(message.id);
    this.append(key, botMessage(this.words.bot, message, moment, this.words, this.tapper(key)), fresh, moment);
  }

  append(key, item, fresh, moment = new Date()) {
    const chat = this.chats.get(key);
    const near = chat.log.scrollHeight - chat.log.scrollTop - chat.log.clientHeight < 160;
    chat.log.querySelector(".empty")?.remove();
    this.dayLine(chat, moment);
    chat.log.append(item);
    if (near || !fresh || item.classList.contains("me")) this.reveal(chat, item);
    item.querySelectorAll("img").forEach((picture) =>
      picture.addEventListener("load", () => { if (chat.atEnd) this.reveal(chat, item); }),
    );
    if (fresh && (chat !== this.current || !this.visible())) {
      chat.unread += 1;
      chat.badge.hidden = false;
      chat.badge.textContent = chat.unread;
      chat.badge.setAttribute("aria-label", `${chat.unread} ${this.words.unread}`);
      this.on.changed();
    }
  }

  // To the end; a message taller than the log is shown from its beginning.
  reveal(chat, item) {
    const tall = item && item.offsetHeight > chat.log.clientHeight - 40;
    chat.atEnd = true;
    chat.log.scrollTop = tall ? item.offsetTop - 12 : chat.log.scrollHeight;
  }

  dayLine(chat, moment) {
    const day = moment.toLocaleDateString("zh-CN", { month: "long", day: "numeric", weekday: "short", timeZone: "Asia/Shanghai" });
    if (day === chat.day) return;
    const today = new Date().toLocaleDateString("zh-CN", { month: "long", day: "numeric", weekday: "short", timeZone: "Asia/Shanghai" });
    if (chat.day || day !== today) chat.log.append(systemLine(day === today ? this.words.today : day));
    chat.day = day;
  }

  emptyHint(chat) {
    if (chat.log.childElementCount) return;
    const hint = make("div", "empty");
    const group = this.isGroup(chat.key);
    hint.append(make("p", "", group ? this.words.emptyGroup : this.name ? this.words.empty : this.words.guestHint));
    if (!group && this.name) {
      const button = make("button", "", this.words.help);
      button.type = "button";
      button.addEventListener("click", () => this.say(this.words.help));
      hint.append(button);
    }
    chat.log.append(hint);
  }

  toast(text) {
    const toast = make("div", "toast", text);
    this.toasts.append(toast);
    setTimeout(() => toast.remove(), Math.min(12000, 4000 + text.length * 60));
  }
}
