// A member's page notes that it was opened; a secretary's page keeps its numbers fresh. Both work without this.
"use strict";

for (const form of document.querySelectorAll("form[data-opened]")) {
  fetch(form.getAttribute("action"), { method: "POST", body: new FormData(form), redirect: "manual" });
}

for (const card of document.querySelectorAll("[data-watch]")) {
  const stream = new EventSource(card.dataset.watch);
  stream.onmessage = (event) => {
    const counts = JSON.parse(event.data);
    for (const place of card.querySelectorAll("[data-count]")) {
      const value = counts[place.dataset.count];
      if (place.tagName === "PROGRESS") {
        place.max = Math.max(counts.addressed, 1);
        place.value = value;
      } else {
        place.textContent = value;
      }
    }
  };
}
