// A teller's key as a file under a passphrase, and the key split so that two of three tellers open together.
// The server's half, which only the command line and the tests use, is bot/rules/rating/key_file.py.

import { SealingError, ascii, b64u, checkKey, join, unb64u } from "./sealing.js";

export const MIN_PASSPHRASE = 10;
const SHARES = [1, 2, 3];
const KIND = "rating-key";
const KDF = "PBKDF2-SHA256";
const ITERATIONS = 600000;
const MOST_ITERATIONS = 10000000;
const LENGTHS = { public: 65, salt: 16, iv: 12, sealed: 48 };
const INVERSE = { 1: 0x01, 2: 0x8d, 3: 0xf6 }; // in GF(2^8)

// The text of a key file for a whole key or a share. Only tests give another number of iterations, here and below.
export async function writeKeyFile(key, passphrase, iterations = ITERATIONS) {
  if ([...passphrase.normalize("NFKC")].length < MIN_PASSPHRASE) {
    throw new SealingError("passphrase-too-short");
  }
  const salt = crypto.getRandomValues(new Uint8Array(LENGTHS.salt));
  const iv = crypto.getRandomValues(new Uint8Array(LENGTHS.iv));
  const cipher = await derive(passphrase, salt, iterations);
  const sealed = await crypto.subtle.encrypt(mode(iv, key), cipher, key.secret);
  const fields = {
    azalea: KIND,
    version: 1,
    public: b64u(key.public),
    share: key.share,
    kdf: KDF,
    iterations,
    salt: b64u(salt),
    iv: b64u(iv),
    sealed: b64u(new Uint8Array(sealed)),
  };
  return JSON.stringify(fields, null, 1) + "\n";
}

// The key or share in a key file of at least so many iterations: with fewer, a passphrase could be found faster.
// "wrong-passphrase" is also what an altered file gives.
export async function readKeyFile(text, passphrase, least = ITERATIONS) {
  const file = parse(text, least);
  const cipher = await derive(passphrase, file.salt, file.iterations);
  try {
    const secret = await crypto.subtle.decrypt(mode(file.iv, file), cipher, file.sealed);
    return { public: file.public, secret: new Uint8Array(secret), share: file.share };
  } catch {
    throw new SealingError("wrong-passphrase");
  }
}

// What a key file says without its passphrase; share 0 is a key that is not split.
export function readLabel(text, least = ITERATIONS) {
  const file = parse(text, least);
  return { public: file.public, share: file.share };
}

// Three shares of a whole key, any two of which make it again (Shamir over GF(2^8), byte by byte).
export function splitKey(key) {
  const slopes = crypto.getRandomValues(new Uint8Array(key.secret.length));
  return SHARES.map((share) => ({
    public: key.public,
    secret: key.secret.map((byte, at) => byte ^ times(slopes[at], share)),
    share,
  }));
}

// The whole key from two of its shares.
export async function joinKey(one, other) {
  const known = SHARES.includes(one.share) && SHARES.includes(other.share) && one.share !== other.share;
  if (!known || b64u(one.public) !== b64u(other.public)) {
    throw new SealingError("shares-do-not-fit");
  }
  // The line through both points, at 0. Among 1, 2 and 3 the difference of two numbers is the third.
  const inverse = INVERSE[one.share ^ other.share];
  const weights = [times(other.share, inverse), times(one.share, inverse)];
  const secret = one.secret.map((byte, at) => times(byte, weights[0]) ^ times(other.secret[at], weights[1]));
  const key = { public: one.public, secret, share: 0 };
  await checkKey(key).catch(() => {
    throw new SealingError("shares-do-not-fit");
  });
  return key;
}

// The product in GF(2^8) modulo x^8+x^4+x^3+x+1, without a branch on `value`.
function times(value, factor) {
  let product = 0;
  for (let left = factor; left; left >>= 1) {
    product ^= value * (left & 1);
    value = (value << 1) ^ (0x11b * (value >> 7));
  }
  return product;
}

// NFKC, because an input method may type full-width letters and digits.
async function derive(passphrase, salt, iterations) {
  const typed = new TextEncoder().encode(passphrase.normalize("NFKC"));
  const material = await crypto.subtle.importKey("raw", typed, "PBKDF2", false, ["deriveKey"]);
  const kdf = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return crypto.subtle.deriveKey(kdf, material, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

function mode(iv, label) {
  const additionalData = join([ascii("azalea rating key 1 "), label.public, [label.share]]);
  return { name: "AES-GCM", iv, additionalData };
}

function parse(text, least) {
  const file = decode(text);
  const known = file.azalea === KIND && file.version === 1 && file.kdf === KDF;
  const numbers = isNumber(file.share, 0, SHARES.length) && isNumber(file.iterations, least, MOST_ITERATIONS);
  if (known && numbers && Object.entries(LENGTHS).every(([name, length]) => file[name].length === length)) {
    return file;
  }
  throw new SealingError("not-a-key-file");
}

function decode(text) {
  try {
    const file = JSON.parse(text);
    for (const name of Object.keys(LENGTHS)) {
      file[name] = unb64u(file[name]);
    }
    return file;
  } catch {
    throw new SealingError("not-a-key-file");
  }
}

function isNumber(value, least, most) {
  return Number.isInteger(value) && value >= least && value <= most;
}
