// The rating sheet on a phone: check it, fill it in card by card, look it over, seal it here, send it.
import { b64u, join, sealSheet, sha256, supported, unb64u, unhex } from "./sealing.js";
import { Card } from "./sheet_card.js";
import { Draft } from "./sheet_draft.js";
import { Marks } from "./sheet_marks.js";
import { showReview } from "./sheet_review.js";
import { Refusal, deliver } from "./sheet_send.js";
import { ask, part, put, say } from "./sheet_words.js";

const VIEWS = ["start", "card", "review", "waiting", "sent"];
const given = part("sheet").dataset;

class Sheet {
  constructor(manifest) {
    const { targets, items, grades } = manifest;
    this.manifest = manifest;
    this.named = manifest.mode === "named";
    this.mine = targets.map((_, target) => target).filter((target) => String(target) !== given.own);
    this.released = Number(given.released);
    this.sent = given.cast === "1";
    this.cap = given.cap === "" ? null : Number(given.cap);
    this.marks = new Marks(targets.length, items.length, grades.length);
    this.draft = new Draft(given.round, given.voter, given.draft, given.hash);
  }

  /** The targets that may be rated now. */
  open() {
    return this.mine.filter((target) => target < this.released);
  }

  progress() {
    const open = this.open();
    const done = open.filter((target) => this.marks.done(target)).length;
    const key = open.length < this.mine.length ? "progressSpeaker" : "progress";
    return say(key, { done, all: open.length, total: this.mine.length });
  }

  /** What is posted: sealed row by row, or in a named round the plain marks. One length whatever was chosen. */
  async fields() {
    const common = { csrf: given.csrf, manifest: given.hash };
    const rows = this.marks.bytes();
    if (this.named) return { ...common, marks: b64u(join(rows)) };
    const sealed = await sealSheet(unb64u(this.manifest.public_key), unhex(given.hash), rows);
    return { ...common, sealed: b64u(sealed) };
  }
}

class Filling {
  constructor(sheet) {
    this.sheet = sheet;
    this.view = "start";
    this.card = new Card(sheet, {
      changed: () => sheet.draft.save(sheet.marks.toText()),
      moveOn: (from, editing) => this.moveOn(from, editing),
      copied: (count) => this.review(say("copied", { count })),
    });
    const click = (id, act) => part(id).addEventListener("click", act);
    click("begin", () => this.begin());
    click("back", () => this.go(this.neighbour(-1)));
    click("next", () => this.go(this.neighbour(1)));
    click("look-over", () => this.review());
    click("return", () => this.backToReview());
    click("to-cards", () => this.begin());
    click("undo", () => this.undo());
    click("submit", () => this.submit());
    click("stop", () => this.stopping.abort());
    click("again", () => this.begin());
    click("released-go", () => this.begin());
    for (const id of ["clear-start", "clear-review"]) click(id, () => this.clear());
    window.addEventListener("beforeunload", (event) => this.view === "waiting" && event.preventDefault());
    if (sheet.manifest.per_speaker) this.watch();
  }

  /** One of the views, from its top; its heading is what a screen reader goes on from. */
  show(view) {
    this.view = view;
    this.card.leave();
    document.body.classList.toggle("filling", view === "card");
    for (const name of VIEWS) part(name).hidden = name !== view;
    window.scrollTo(0, 0);
    part(view).querySelector("h2").focus({ preventScroll: true });
  }

  start() {
    const { marks, sent } = this.sheet;
    const begun = this.sheet.mine.some((target) => !marks.untouched(target));
    const open = this.sheet.open();
    const done = open.filter((target) => marks.done(target)).length;
    put("resumed", begun ? say("resumed", { done, all: open.length }) : "");
    put("none-released", open.length ? "" : say("noneReleased"));
    part("begin").textContent = say(begun ? "resume" : sent ? "again" : "begin");
    part("begin").disabled = !open.length;
    part("clear-start").hidden = !begun;
    this.show("start");
  }

  /** The first card with a blank; the review when there is none. */
  begin() {
    const blank = this.sheet.open().find((target) => !this.sheet.marks.done(target));
    this.go(blank);
  }

  /** A target's card; without one the review. */
  go(target, editing = false) {
    part("released-line").hidden = true;
    if (target === undefined) return this.review();
    this.card.show(target, editing);
    this.show("card");
  }

  neighbour(step) {
    const open = this.sheet.open();
    return open[open.indexOf(this.card.target) + step];
  }

  moveOn(from, editing) {
    if (editing) return this.backToReview();
    const later = this.sheet.open().filter((target) => target > from);
    this.go(later.find((target) => !this.sheet.marks.done(target)));
  }

  /** From a card that was opened in the review to where it stands there. */
  backToReview() {
    this.review();
    const line = part("targets").children[this.sheet.open().indexOf(this.card.target)].firstElementChild;
    line.focus({ preventScroll: true });
    line.scrollIntoView({ block: "center" });
  }

  review(note = "", refused = "") {
    showReview(this.sheet, (target) => this.go(target, true));
    const blank = this.sheet.open().some((target) => !this.sheet.marks.done(target));
    part("to-cards").hidden = !blank;
    put("note", note);
    put("refused", refused);
    part("reload").hidden = !refused;
    this.show("review");
  }

  undo() {
    const count = this.sheet.marks.undoCopy();
    this.sheet.draft.save(this.sheet.marks.toText());
    this.review(say("undone", { count }));
  }

  async clear() {
    if (!(await ask(say("clearAsk"), say("clearYes")))) return;
    this.sheet.marks.clear();
    await this.sheet.draft.clear();
    this.start();
    put("resumed", say("cleared"));
  }

  async submit() {
    this.stopping = new AbortController();
    put("waiting-said", say(this.sheet.named ? "sending" : "sealing"));
    this.show("waiting");
    try {
      const fields = await this.sheet.fields();
      put("waiting-said", say("sending"));
      const answer = await deliver(fields, this.stopping.signal, (offline, count) => {
        put("waiting-said", say(offline ? "offline" : "busy") + say("retry", { count }));
      });
      await this.sent(Number(answer.revision));
    } catch (error) {
      this.review("", error.name === "AbortError" ? "" : error instanceof Refusal && error.message || say("refused"));
    }
  }

  /** The choices leave this phone; while targets are still to come they stay, for the next sheet replaces this one. */
  async sent(revision) {
    const { sheet } = this;
    const more = sheet.open().length < sheet.mine.length;
    sheet.sent = true;
    if (!more) {
      sheet.marks.clear();
      await sheet.draft.clear();
    }
    put("sent-said", revision > 1 ? say("sentAgain", { revision }) : say(more ? "sentPart" : "sentOnce"));
    put("sent-more", more ? say("sentMore") : "");
    put("sent-kept", more ? "" : say("sentKept"));
    part("again").textContent = say(more ? "againMore" : "again");
    this.show("sent");
  }

  /** A round that is released speaker by speaker tells when the next card may be filled in, and when it is over. */
  watch() {
    const stream = new EventSource(`${location.pathname}/events`);
    stream.onmessage = (event) => {
      const now = JSON.parse(event.data);
      if (!now.open && this.view !== "waiting") location.reload();
      if (now.released <= this.sheet.released) return;
      this.sheet.released = now.released;
      const open = this.sheet.open();
      const newest = open[open.length - 1];
      if (newest === undefined) return;
      if (this.view === "start") this.start();
      if (this.view === "card") this.card.refresh();
      if (this.view === "review") this.review();
      part("released-go").textContent = say("released", { name: this.sheet.manifest.targets[newest].name });
      part("released-line").hidden = this.view === "start";
    };
  }
}

async function boot() {
  const sheet = new Sheet(JSON.parse(given.manifest));
  const able = await supported();
  if (!able && !sheet.named) return put("loading", say("unable"));
  if (able) {
    const digest = await sha256(new TextEncoder().encode(given.manifest));
    if (b64u(digest) !== b64u(unhex(given.hash))) return put("loading", say("altered"));
  }
  const kept = await sheet.draft.load();
  if (kept) sheet.marks.fromText(kept);
  part("loading").hidden = true;
  new Filling(sheet).start();
}

// A page that the browser kept in memory may belong to somebody who has left.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
boot().catch(() => put("loading", say("unable")));
