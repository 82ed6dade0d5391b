// The owner's page while a rating runs: the turnout stays fresh. The page works without this.
"use strict";

for (const card of document.querySelectorAll("[data-watch]")) {
  new EventSource(card.dataset.watch).onmessage = (event) => {
    const now = JSON.parse(event.data);
    for (const place of card.querySelectorAll("[data-live]")) {
      if (place.tagName === "PROGRESS") {
        place.max = now.present || 1;
        place.value = now.cast;
      } else {
        place.textContent = now[place.dataset.live];
      }
    }
  };
}
