// The big screen of a sign-in: a new code, its QR code and the turnout as they change.
"use strict";

const at = (id) => document.getElementById(id);
const source = new EventSource(location.pathname + "/events");

source.onmessage = (event) => {
  const now = JSON.parse(event.data);
  if (now.code && now.code !== at("code").textContent) {
    at("code").textContent = now.code;
    at("qr").src = `${location.pathname}/qr?c=${now.code}`;
  }
  at("open").hidden = !now.open;
  at("closed").hidden = now.open;
  at("turnout").textContent = now.turnout;
  at("bar").max = now.expected || 1;
  at("bar").value = now.came;
};
