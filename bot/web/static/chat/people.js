// The operator's list of people: search, more, choose.

import { make } from "./bubble.js";

export class People {
  constructor(words, on) {
    this.words = words;
    this.on = on;
    this.page = 0;
    this.dialog = document.getElementById("people");
    this.text = document.getElementById("people-text");
    this.list = document.getElementById("people-list");
    this.more = document.getElementById("people-more");
    document.getElementById("add-people").addEventListener("click", () => this.open());
    document.getElementById("people-close").addEventListener("click", () => this.dialog.close());
    this.more.addEventListener("click", () => this.on.ask(this.text.value.trim(), ++this.page));
    this.text.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.search(), 200);
    });
  }

  open() {
    this.dialog.showModal();
    this.text.focus();
    this.search();
  }

  search() {
    this.page = 0;
    this.on.ask(this.text.value.trim(), 0);
  }

  show(frame) {
    if (this.page === 0) this.list.replaceChildren();
    for (const person of frame.people) this.list.append(this.row(person));
    if (!this.list.childElementCount) this.list.append(make("p", "muted", this.words.peopleNone));
    this.more.hidden = !frame.more;
  }

  row(person) {
    const button = make("button", "person");
    button.type = "button";
    const about = make("span", "about");
    about.append(make("strong", "", person.name), make("span", "muted", person.branch));
    const face = make("span", "face", person.name.slice(-1));
    face.setAttribute("aria-hidden", "true");
    button.append(face, about, ...person.posts.map((post) => make("span", "tag", post)));
    button.addEventListener("click", () => {
      this.dialog.close();
      this.on.chosen(person.account);
    });
    return button;
  }
}
