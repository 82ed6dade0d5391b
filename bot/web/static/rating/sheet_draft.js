// What was filled in so far, kept on this device only. It is encrypted with a key that the server gives to this voter's
// own page alone, so that somebody else who uses the same phone cannot read it.

const PREFIX = "azalea.rating.";
const NONCE = 12;

/** Forget the drafts of a round, whoever's they are; `paper.` before its number: the sheets of paper typed in. */
export function wipe(round) {
  const names = Object.keys(localStorage).filter((name) => name.startsWith(`${PREFIX}${round}.`));
  for (const name of names) localStorage.removeItem(name);
}

export class Draft {
  /** `secret` is 32 bytes in hex; `manifestHash` binds the draft to one sheet. */
  constructor(round, voter, secret, manifestHash) {
    this.name = `${PREFIX}${round}.${voter}`;
    this.sheet = new TextEncoder().encode(manifestHash);
    const bytes = Uint8Array.from(secret.match(/../g), (pair) => parseInt(pair, 16));
    this.key = crypto.subtle?.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
    this.last = Promise.resolve();
  }

  /** The text that was saved; empty when there is none that this page can read. */
  async load() {
    try {
      const kept = this.key && localStorage.getItem(this.name);
      if (!kept) return "";
      const bytes = Uint8Array.from(atob(kept), (letter) => letter.charCodeAt(0));
      const plain = await crypto.subtle.decrypt(this.how(bytes), await this.key, bytes.slice(NONCE));
      return new TextDecoder().decode(plain);
    } catch {
      await this.clear();
      return "";
    }
  }

  /** Keep a text; saves follow one another, the last one stays. A full or forbidden storage only loses the draft. */
  save(text) {
    this.last = this.last.then(() => this.write(text)).catch(() => {});
    return this.last;
  }

  clear() {
    this.last = this.last.then(() => localStorage.removeItem(this.name)).catch(() => {});
    return this.last;
  }

  async write(text) {
    if (!this.key) return;
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE));
    const sealed = await crypto.subtle.encrypt(this.how(nonce), await this.key, new TextEncoder().encode(text));
    localStorage.setItem(this.name, btoa(String.fromCharCode(...nonce, ...new Uint8Array(sealed))));
  }

  how(bytes) {
    return { name: "AES-GCM", iv: bytes.slice(0, NONCE), additionalData: this.sheet };
  }
}
