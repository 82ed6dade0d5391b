// The WebSocket: reconnects with growing pauses, joins again, and sends again what was not acknowledged.
// An event keeps its id, so that the server handles it once however often it arrives.

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15000;
const FATAL = { 4401: "signedOut", 4403: "signedOut", 4429: "tooMany" };

export class Link {
  constructor(on) {
    this.on = on;
    this.waiting = new Map();
    this.joins = new Set();
    this.asked = [];
    this.pause = FIRST_PAUSE;
    window.addEventListener("online", () => this.open());
  }

  get ready() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  open() {
    clearTimeout(this.timer);
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/local/ws`);
    this.socket.addEventListener("open", () => this.opened());
    this.socket.addEventListener("message", (event) => this.read(JSON.parse(event.data)));
    this.socket.addEventListener("close", (event) => this.closed(event.code));
  }

  opened() {
    this.pause = FIRST_PAUSE;
    this.on.status("");
    for (const account of this.joins) this.push({ op: "join", as: account });
    for (const frame of this.asked.splice(0)) this.push(frame);
    this.on.opened();
  }

  read(frame) {
    // Events wait for their account's join: a group takes words only from those who are in it.
    if (frame.op === "joined") {
      for (const event of this.waiting.values()) if (event.as === frame.as && !event.sent) this.pushEvent(event);
    }
    if (frame.op === "ack" || frame.op === "error") this.waiting.delete(frame.id);
    this.on.frame(frame);
  }

  closed(code) {
    for (const event of this.waiting.values()) event.sent = false;
    if (FATAL[code]) {
      this.on.status(FATAL[code]);
      return;
    }
    this.on.status("offline");
    this.timer = setTimeout(() => this.open(), this.pause * (0.75 + Math.random() / 2));
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
  }

  join(account) {
    this.joins.add(account);
    if (this.ready) this.push({ op: "join", as: account });
  }

  leave(account) {
    this.joins.delete(account);
  }

  ask(frame) {
    if (this.ready) this.push(frame);
    else this.asked.push(frame);
  }

  send(frame) {
    const event = { frame, as: frame.as, sent: false };
    this.waiting.set(frame.id, event);
    if (this.ready) this.pushEvent(event);
  }

  pushEvent(event) {
    event.sent = true;
    this.push(event.frame);
  }

  push(frame) {
    this.socket.send(JSON.stringify(frame));
  }
}

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
