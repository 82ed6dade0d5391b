// Posting the sealed sheet: once, and again by itself until the server has answered. The same bytes may arrive twice:
// the server keeps one sheet a voter.

const WAITS = [1, 2, 4, 8, 15];
const LIMIT = 20;

/** The server's "no": `message` is its sentence, or empty. */
export class Refusal extends Error {}

/**
 * Post form fields to this page until there is an answer; the answer's values. Throws Refusal, or an AbortError when
 * `signal` stops it. `onWait(offline, tries)` is called before every pause.
 */
export async function deliver(fields, signal, onWait) {
  const body = new URLSearchParams(fields);
  for (let tries = 1; ; tries++) {
    const answer = await attempt(body, signal);
    if (signal.aborted) throw new DOMException("stopped", "AbortError");
    if (answer) return answer;
    onWait(!navigator.onLine, tries);
    await pause(WAITS[Math.min(tries, WAITS.length) - 1], signal);
  }
}

/** One try; null when it should be repeated. */
async function attempt(body, signal) {
  const limit = new AbortController();
  const stop = () => limit.abort();
  const timer = setTimeout(stop, LIMIT * 1000);
  signal.addEventListener("abort", stop);
  try {
    const headers = { accept: "application/json" };
    const response = await fetch(location.pathname, { method: "POST", body, headers, signal: limit.signal });
    if (response.status >= 500) return null;
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Refusal(answer.error || "");
    return "revision" in answer ? answer : null;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    return null;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

/** Wait some seconds, shorter when the network comes back or when it is stopped. */
function pause(seconds, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, seconds * 1000);
    window.addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
