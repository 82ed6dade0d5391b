"""A teller's key as a file under a passphrase, and the key split so that two of three tellers open together.

The file is JSON; AES-256-GCM under PBKDF2-SHA256 seals the secret together with the public key and the number of
the share, so that files cannot be mixed. The browser's half is `web/static/rating/key_file.js`.

A file is written with ITERATIONS of the key derivation, and is read only when it has at least as many: with fewer, a
passphrase could be found faster. Only tests give other numbers.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import unicodedata
from dataclasses import dataclass

from bot.rules.rating.sealing import PUBLIC_BYTES, SECRET_BYTES, Key, NotAKey, SealingError, b64u, key_of, unb64u

MIN_PASSPHRASE = 10
SHARES = (1, 2, 3)
_KIND, _VERSION, _KDF = "rating-key", 1, "PBKDF2-SHA256"
ITERATIONS = 600_000
_MOST_ITERATIONS = 10_000_000
_LONGEST = 10_000
"""Characters; a key file has some 500."""
_SALT_BYTES, _IV_BYTES, _TAG_BYTES = 16, 12, 16
_AAD = b"azalea rating key 1 "
_INVERSE = {1: 0x01, 2: 0x8D, 3: 0xF6}  # in GF(2^8)


class NotAKeyFile(SealingError):
    """The text is not a key file of a version known here; the message says what is odd."""


class WrongPassphrase(SealingError):
    """The passphrase does not open the file, or the file was altered."""


class PassphraseTooShort(SealingError):
    """Fewer than MIN_PASSPHRASE characters."""


class SharesDoNotFit(SealingError):
    """Not two different shares of one key."""


@dataclass(frozen=True, slots=True)
class KeyFileLabel:
    """What a key file says without its passphrase."""

    public: bytes
    share: int


@dataclass(frozen=True, slots=True)
class _Fields:
    label: KeyFileLabel
    iterations: int
    salt: bytes
    iv: bytes
    sealed: bytes


def check_passphrase(passphrase: str) -> None:
    """Raises PassphraseTooShort below MIN_PASSPHRASE characters."""
    if len(unicodedata.normalize("NFKC", passphrase)) < MIN_PASSPHRASE:
        raise PassphraseTooShort(f"fewer than {MIN_PASSPHRASE} characters")


def write_key_file(key: Key, passphrase: str, iterations: int = ITERATIONS) -> str:
    """The text of a key file for a whole key or a share. Raises PassphraseTooShort."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    check_passphrase(passphrase)
    salt, iv = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_IV_BYTES)
    label = KeyFileLabel(key.public, key.share)
    sealed = AESGCM(_derive(passphrase, salt, iterations)).encrypt(iv, key.secret, _aad(label))
    fields = {
        "azalea": _KIND,
        "version": _VERSION,
        "public": b64u(key.public),
        "share": key.share,
        "kdf": _KDF,
        "iterations": iterations,
        "salt": b64u(salt),
        "iv": b64u(iv),
        "sealed": b64u(sealed),
    }
    return json.dumps(fields, indent=1) + "\n"


def read_key_file(text: str, passphrase: str, least: int = ITERATIONS) -> Key:
    """The key or share in a key file of at least so many iterations. Raises NotAKeyFile, WrongPassphrase."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    fields = _parse(text, least)
    cipher = AESGCM(_derive(passphrase, fields.salt, fields.iterations))
    try:
        secret = cipher.decrypt(fields.iv, fields.sealed, _aad(fields.label))
    except InvalidTag:
        raise WrongPassphrase("wrong passphrase, or an altered file") from None
    return Key(fields.label.public, secret, fields.label.share)


def read_label(text: str, least: int = ITERATIONS) -> KeyFileLabel:
    """The public key and the share's number (0: not split). Raises NotAKeyFile."""
    return _parse(text, least).label


def split_key(key: Key) -> tuple[Key, Key, Key]:
    """Three shares of a whole key, any two of which make it again (Shamir over GF(2^8), byte by byte)."""
    slopes = secrets.token_bytes(SECRET_BYTES)
    one, two, three = (
        Key(key.public, bytes(s ^ _times(a, x) for s, a in zip(key.secret, slopes, strict=True)), x)
        for x in SHARES
    )
    return one, two, three


def join_key(one: Key, other: Key) -> Key:
    """The whole key from two of its shares. Raises SharesDoNotFit."""
    if one.public != other.public or {one.share, other.share} - set(SHARES) or one.share == other.share:
        raise SharesDoNotFit("two different shares of one key are needed")
    # The line through both points, at 0. Among 1, 2 and 3 the difference of two numbers is the third.
    inverse = _INVERSE[one.share ^ other.share]
    weights = _times(other.share, inverse), _times(one.share, inverse)
    pairs = zip(one.secret, other.secret, strict=True)
    secret = bytes(_times(a, weights[0]) ^ _times(b, weights[1]) for a, b in pairs)
    try:
        key = key_of(secret)
    except NotAKey:
        raise SharesDoNotFit("the shares do not make a key") from None
    if key.public != one.public:
        raise SharesDoNotFit("the shares make another key")
    return key


def _times(value: int, factor: int) -> int:
    """The product in GF(2^8) modulo x^8+x^4+x^3+x+1, without a branch on `value`."""
    product = 0
    while factor:
        product ^= value * (factor & 1)
        value = (value << 1) ^ (0x11B * (value >> 7))
        factor >>= 1
    return product


def _derive(passphrase: str, salt: bytes, iterations: int) -> bytes:
    """NFKC, because an input method may type full-width letters and digits."""
    typed = unicodedata.normalize("NFKC", passphrase).encode()
    return hashlib.pbkdf2_hmac("sha256", typed, salt, iterations)


def _aad(label: KeyFileLabel) -> bytes:
    return _AAD + label.public + bytes([label.share])


def _parse(text: str, least: int) -> _Fields:
    if len(text) > _LONGEST:
        raise NotAKeyFile("too long")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise NotAKeyFile("not JSON") from None
    if not isinstance(found, dict) or found.get("azalea") != _KIND:
        raise NotAKeyFile("not a rating key")
    if found.get("version") != _VERSION or found.get("kdf") != _KDF:
        raise NotAKeyFile("an unknown version")
    return _Fields(
        KeyFileLabel(_bytes(found, "public", PUBLIC_BYTES), _number(found, "share", 0, SHARES[-1])),
        _number(found, "iterations", least, _MOST_ITERATIONS),
        _bytes(found, "salt", _SALT_BYTES),
        _bytes(found, "iv", _IV_BYTES),
        _bytes(found, "sealed", SECRET_BYTES + _TAG_BYTES),
    )


def _bytes(found: dict[str, object], name: str, length: int) -> bytes:
    try:
        data = unb64u(str(found.get(name)))
    except ValueError:
        data = b""
    if len(data) != length:
        raise NotAKeyFile(name)
    return data


def _number(found: dict[str, object], name: str, least: int, most: int) -> int:
    value = found.get(name)
    if type(value) is not int or not least <= value <= most:
        raise NotAKeyFile(name)
    return value
