"""The published HPKE vector, made into something that `unseal` can be given."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.rules.rating.sealing import Key

VECTOR = Path(__file__).parent.parent / "data" / "hpke_p256_aes256gcm.json"


@dataclass(frozen=True, slots=True)
class Vector:
    """`published` and `computed` are the ciphertext with the vector's AAD; `sealed` is the same without AAD."""

    key: Key
    info: bytes
    plain: bytes
    sealed: bytes
    published: bytes
    computed: bytes


def load_vector() -> Vector:
    """The vector has an AAD, sealed rows have none: its own AES key and nonce seal its text once more."""
    found = json.loads(VECTOR.read_text("utf-8"))
    names = ("info", "skRm", "pkRm", "enc", "key", "base_nonce", "aad", "ct", "pt")
    info, secret, public, enc, key, nonce, aad, published, plain = (bytes.fromhex(found[name]) for name in names)
    cipher = AESGCM(key)
    sealed = enc + cipher.encrypt(nonce, plain, b"")
    return Vector(Key(public, secret), info, plain, sealed, published, cipher.encrypt(nonce, plain, aad))
