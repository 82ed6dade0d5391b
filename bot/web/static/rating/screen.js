// The big screen of a rating: turnout, speaker and timer as they change. It knows nothing of what is marked.
"use strict";

const at = (id) => document.getElementById(id);
const timer = at("timer");
const ahead = Number(timer.dataset.now) * 1000 - Date.now();

function showTime() {
  const ends = Number(timer.dataset.ends);
  const left = Math.ceil(ends - (Date.now() + ahead) / 1000);
  const seconds = Math.abs(left);
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  timer.hidden = !ends;
  timer.classList.toggle("over", left < 0);
  timer.textContent = left < 0 ? timer.dataset.over + time : time;
}

function show(now) {
  at("open").hidden = !now.open;
  at("closed").hidden = now.open;
  at("closed").textContent = now.said;
  for (const name of ["speaker", "unit", "next", "turnout"]) at(name).textContent = now[name];
  at("bar").max = now.present || 1;
  at("bar").value = now.cast;
  timer.dataset.ends = now.ends;
  showTime();
}

showTime();
setInterval(showTime, 250);
new EventSource(location.pathname + "/events").onmessage = (event) => show(JSON.parse(event.data));
