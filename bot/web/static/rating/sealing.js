// Sealed ratings: every row is sealed by itself with HPKE (RFC 9180, base mode, single shot, empty AAD):
// DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, all of it from WebCrypto. The server's half is bot/rules/rating/sealing.py.
//
// A key is { public: 65 bytes, secret: 32 bytes, share: 0 }; with share 1 to 3 the secret is that share of a split key.
// A row is one byte an item: 0 is blank, n the n-th grade of the round's manifest.

const ENC = 65;
const TAG = 16;
const CURVE = { name: "ECDH", namedCurve: "P-256" };
const AES = { name: "AES-GCM", length: 256 };
const NONE = new Uint8Array(0);
const NO_SALT = new Uint8Array(32);
const LANES = 128;
const subtle = self.crypto && self.crypto.subtle;

const KEM_SUITE = join([ascii("KEM"), number(0x0010)]);
const HPKE_SUITE = join([ascii("HPKE"), number(0x0010), number(0x0001), number(0x0002)]);

// `reason` says what is wrong: "does-not-open", "not-a-public-key", "not-a-key", "wrong-length", "needs-two-shares";
// from rating/key_file.js: "not-a-key-file", "wrong-passphrase", "passphrase-too-short", "shares-do-not-fit".
export class SealingError extends Error {
  constructor(reason) {
    super(reason);
    this.name = "SealingError";
    this.reason = reason;
  }
}

// Whether this browser has all it takes: not on a page without https, nor on an old phone.
export async function supported() {
  try {
    const key = await makeKey();
    const opened = await unseal(key, NONE, await seal(key.public, NONE, NO_SALT));
    return opened.length === NO_SALT.length;
  } catch {
    return false;
  }
}

export async function makeKey() {
  const pair = await subtle.generateKey(CURVE, true, ["deriveBits"]);
  const [point, jwk] = await Promise.all([
    subtle.exportKey("raw", pair.publicKey),
    subtle.exportKey("jwk", pair.privateKey),
  ]);
  return { public: new Uint8Array(point), secret: unb64u(jwk.d), share: 0 };
}

// Throws "not-a-key" unless `secret` and `public` belong together.
export async function checkKey(key) {
  try {
    await unseal(key, NONE, await seal(key.public, NONE, NONE));
  } catch {
    throw new SealingError("not-a-key");
  }
}

// What people compare: "0123 4567 89ab cdef".
export async function fingerprint(publicKey) {
  const digest = (await sha256(publicKey)).subarray(0, 8);
  const digits = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.match(/.{4}/g).join(" ");
}

export function sealedLength(items) {
  return ENC + items + TAG;
}

export async function sealRow(publicKey, manifestHash, target, row) {
  return seal(publicKey, rowInfo(manifestHash, target), row);
}

// A member's whole submission: `rows` in target order, a blank one where the member rates nobody.
export async function sealSheet(publicKey, manifestHash, rows) {
  return join(await Promise.all(rows.map((row, target) => sealRow(publicKey, manifestHash, target, row))));
}

// Opens all sealed rows of one target. `rows` come sorted by their bytes, so that no order is left; what does not
// open is counted in `failed`. `onProgress(done, total)` is called after every row.
export async function openRows(key, manifestHash, target, items, sealed, onProgress = () => {}) {
  const length = sealedLength(items);
  const total = sealed.length / length;
  if (!Number.isInteger(total)) {
    throw new SealingError("wrong-length");
  }
  const [privateKey, plan] = await Promise.all([importKey(key), schedule(rowInfo(manifestHash, target))]);
  const rows = [];
  let next = 0;
  let done = 0;
  const lane = async () => {
    while (next < total) {
      const start = next++ * length;
      const row = await open(privateKey, key.public, plan, sealed.subarray(start, start + length)).catch(() => null);
      if (row) {
        rows.push(row);
      }
      onProgress(++done, total);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return { rows: joinSorted(rows), failed: total - rows.length };
}

// The answer in a test envelope, which proves to the server that the key is at hand.
export async function openTest(key, sealed) {
  return unseal(key, join([ascii("azalea rating test 1 "), key.public]), sealed);
}

// HPKE: the encapsulated key, then the ciphertext with its tag.
export async function seal(publicKey, info, plain) {
  const recipient = await importPublic(publicKey);
  const own = await subtle.generateKey(CURVE, true, ["deriveBits"]);
  const enc = new Uint8Array(await subtle.exportKey("raw", own.publicKey));
  const secret = await subtle.deriveBits({ name: "ECDH", public: recipient }, own.privateKey, 256);
  const { cipher, iv } = await cipherOf(await schedule(info), secret, enc, publicKey, "encrypt");
  return join([enc, await subtle.encrypt({ name: "AES-GCM", iv }, cipher, plain)]);
}

export async function unseal(key, info, sealed) {
  return open(await importKey(key), key.public, await schedule(info), sealed);
}

export async function sha256(bytes) {
  return new Uint8Array(await subtle.digest("SHA-256", bytes));
}

// base64url without padding.
export function b64u(bytes) {
  let text = "";
  for (const byte of bytes) {
    text += String.fromCharCode(byte);
  }
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

export function unb64u(text) {
  const decoded = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(decoded, (character) => character.charCodeAt(0));
}

export function ascii(text) {
  return new TextEncoder().encode(text);
}

// One array of all bytes; a part is a Uint8Array, an ArrayBuffer or a list of numbers.
export function join(parts) {
  const arrays = parts.map((part) => new Uint8Array(part));
  const whole = new Uint8Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    whole.set(array, at);
    at += array.length;
  }
  return whole;
}

// All rows in one array, in the order of their bytes: no other order is left.
export function joinSorted(rows) {
  return join([...rows].sort(compare));
}

export function unhex(text) {
  return Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
}

function rowInfo(manifestHash, target) {
  if (manifestHash.length !== 32) {
    throw new SealingError("wrong-length");
  }
  return join([ascii("azalea rating 1 "), manifestHash, number(target)]);
}

function importPoint(bytes) {
  return subtle.importKey("raw", bytes, CURVE, false, []);
}

async function importPublic(publicKey) {
  if (publicKey.length === ENC) {
    const point = await importPoint(publicKey).catch(() => null);
    if (point) {
      return point;
    }
  }
  throw new SealingError("not-a-public-key");
}

async function importKey(key) {
  if (key.share !== 0) {
    throw new SealingError("needs-two-shares");
  }
  const [x, y] = [b64u(key.public.subarray(1, 33)), b64u(key.public.subarray(33))];
  const jwk = { kty: "EC", crv: CURVE.namedCurve, x, y, d: b64u(key.secret) };
  try {
    return await subtle.importKey("jwk", jwk, CURVE, false, ["deriveBits"]);
  } catch {
    throw new SealingError("not-a-key");
  }
}

async function open(privateKey, publicKey, plan, sealed) {
  try {
    const enc = sealed.subarray(0, ENC);
    const sender = await importPoint(enc);
    const secret = await subtle.deriveBits({ name: "ECDH", public: sender }, privateKey, 256);
    const { cipher, iv } = await cipherOf(plan, secret, enc, publicKey, "decrypt");
    return new Uint8Array(await subtle.decrypt({ name: "AES-GCM", iv }, cipher, sealed.subarray(ENC)));
  } catch {
    throw new SealingError("does-not-open");
  }
}

// What the key schedule (RFC 9180, 5.1) derives from `info` alone, the same for every row of a target.
async function schedule(info) {
  const hashing = await subtle.importKey("raw", NO_SALT, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const extract = (label, ikm) => subtle.sign("HMAC", hashing, labeled(HPKE_SUITE, label, ikm));
  const [pskHash, infoHash, start] = await Promise.all([
    extract("psk_id_hash", NONE),
    extract("info_hash", info),
    subtle.importKey("raw", labeled(HPKE_SUITE, "secret", NONE), "HKDF", false, ["deriveKey", "deriveBits"]),
  ]);
  const context = join([[0], pskHash, infoHash]);
  return {
    start,
    keyInfo: expanding(HPKE_SUITE, "key", context, 32),
    nonceInfo: expanding(HPKE_SUITE, "base_nonce", context, 12),
  };
}

// The row's AES key and nonce. WebCrypto's HKDF extracts and expands in one step, which is what both the KEM's
// ExtractAndExpand and the key schedule do: an empty salt equals 32 zero bytes.
async function cipherOf(plan, secret, enc, publicKey, use) {
  const ikm = await subtle.importKey("raw", labeled(KEM_SUITE, "eae_prk", secret), "HKDF", false, ["deriveBits"]);
  const sharedInfo = expanding(KEM_SUITE, "shared_secret", join([enc, publicKey]), 32);
  const shared = await subtle.deriveBits(hkdf(NO_SALT, sharedInfo), ikm, 256);
  const [cipher, iv] = await Promise.all([
    subtle.deriveKey(hkdf(shared, plan.keyInfo), plan.start, AES, false, [use]),
    subtle.deriveBits(hkdf(shared, plan.nonceInfo), plan.start, 96),
  ]);
  return { cipher, iv };
}

function hkdf(salt, info) {
  return { name: "HKDF", hash: "SHA-256", salt, info };
}

function labeled(suite, label, data) {
  return join([ascii("HPKE-v1"), suite, ascii(label), data]);
}

function expanding(suite, label, data, length) {
  return join([number(length), labeled(suite, label, data)]);
}

function number(value) {
  return Uint8Array.of(value >> 8, value & 255);
}

function compare(one, other) {
  const at = one.findIndex((byte, index) => byte !== other[index]);
  return at < 0 ? 0 : one[at] - other[at];
}
