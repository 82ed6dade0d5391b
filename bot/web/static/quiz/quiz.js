"use strict";
for (const card of document.querySelectorAll("[data-watch]")) {
  const stream = new EventSource(card.dataset.watch);
  stream.onmessage = (event) => {
    const now = JSON.parse(event.data);
    card.querySelector("[data-took]").textContent = now.took;
    const bars = card.querySelectorAll("progress");
    const labels = card.querySelectorAll("[data-share]");
    if (now.shares.length !== bars.length) {
      location.reload();
      return;
    }
    now.shares.forEach((percent, at) => {
      if (percent !== null) {
        bars[at].value = percent;
        labels[at].textContent = percent + "%";
      }
    });
  };
}
