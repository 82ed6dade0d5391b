"""Sealed ratings: every row is sealed by itself with HPKE (RFC 9180, base mode, single shot, empty AAD).

DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. A row is one byte an item: 0 is blank, n the n-th grade of
the round's manifest. It is bound to its round and target, so it opens nowhere else. A sheet is the sealed rows
of all targets in their order, hence of one length for everybody. The browser's half is `web/static/rating/sealing.js`.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.hpke import Suite

PUBLIC_BYTES = ENC_BYTES = 65
SECRET_BYTES = 32
TAG_BYTES = 16
_ROW = b"azalea rating 1 "
_TEST = b"azalea rating test 1 "


class SealingError(Exception):
    """Something sealed, a key or a key file cannot be used."""


class DoesNotOpen(SealingError):
    """Sealed for another key, round or target, or altered."""


class NotAPublicKey(SealingError):
    """Not an uncompressed point of P-256."""


class NotAKey(SealingError):
    """Not a private scalar of P-256."""


class WrongLength(SealingError):
    """A sheet, a batch of rows or a manifest hash of another length than the round's."""


class NeedsTwoShares(SealingError):
    """One share of a split key opens nothing."""


@dataclass(frozen=True, slots=True)
class Key:
    """A teller's key: `public` is a point of 65 bytes, `secret` the scalar of 32.

    With `share` 1 to 3, `secret` is that share of a split key and useless alone.
    """

    public: bytes
    secret: bytes = field(repr=False)
    share: int = 0


@dataclass(frozen=True, slots=True)
class Opened:
    """`rows` one after the other, sorted by their bytes so that no order is left; `failed` could not be opened."""

    rows: bytes
    failed: int


@dataclass(frozen=True, slots=True)
class Challenge:
    """A test envelope: whoever opens `sealed` can say the 32 random bytes of `answer`."""

    answer: bytes = field(repr=False)
    sealed: bytes


def make_key() -> Key:
    """A new key pair."""
    from cryptography.hazmat.primitives.asymmetric import ec

    secret = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return key_of(secret.to_bytes(SECRET_BYTES, "big"))


def key_of(secret: bytes) -> Key:
    """The whole key with this scalar. Raises NotAKey."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = _private(secret).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return Key(public, secret)


def check_public(public: bytes) -> None:
    """Raises NotAPublicKey unless `public` is an uncompressed point of P-256."""
    _public(public)


def fingerprint(public: bytes) -> str:
    """What people compare: 16 hexadecimal digits of the SHA-256 in groups of four."""
    digits = hashlib.sha256(public).hexdigest()
    return " ".join(digits[at : at + 4] for at in range(0, 16, 4))


def sealed_length(items: int) -> int:
    """The bytes of one sealed row of so many items."""
    return ENC_BYTES + items + TAG_BYTES


def seal_row(public: bytes, manifest_hash: bytes, target: int, row: bytes) -> bytes:
    """A row sealed for the target with this index in the manifest of this SHA-256. Raises NotAPublicKey."""
    return seal(public, _row_info(manifest_hash, target), row)


def open_row(key: Key, manifest_hash: bytes, target: int, sealed: bytes) -> bytes:
    """The row. Raises DoesNotOpen, NeedsTwoShares."""
    return unseal(key, _row_info(manifest_hash, target), sealed)


def open_rows(key: Key, manifest_hash: bytes, target: int, items: int, sealed: bytes) -> Opened:
    """Open all sealed rows of one target. Raises WrongLength, NeedsTwoShares; what does not open is counted."""
    length = sealed_length(items)
    if len(sealed) % length:
        raise WrongLength(f"{len(sealed)} bytes are not rows of {length}")
    private, info = _whole(key), _row_info(manifest_hash, target)
    rows: list[bytes] = []
    for start in range(0, len(sealed), length):
        try:
            rows.append(_unseal(private, info, sealed[start : start + length]))
        except DoesNotOpen:
            continue
    return Opened(b"".join(sorted(rows)), len(sealed) // length - len(rows))


def seal_sheet(public: bytes, manifest_hash: bytes, rows: Sequence[bytes]) -> bytes:
    """A member's whole submission: `rows` in target order, a blank one where the member rates nobody."""
    return b"".join(seal_row(public, manifest_hash, target, row) for target, row in enumerate(rows))


def cut_sheet(sheet: bytes, targets: int, items: int) -> tuple[bytes, ...]:
    """The sealed rows of a submission in target order, unopened. Raises WrongLength."""
    length = sealed_length(items)
    if len(sheet) != targets * length:
        raise WrongLength(f"a sheet of {len(sheet)} bytes instead of {targets * length}")
    return tuple(sheet[start : start + length] for start in range(0, len(sheet), length))


def make_test(public: bytes) -> Challenge:
    """A test envelope for whoever claims to hold the key. Raises NotAPublicKey."""
    answer = secrets.token_bytes(32)
    return Challenge(answer, seal(public, _TEST + public, answer))


def open_test(key: Key, sealed: bytes) -> bytes:
    """The answer in a test envelope. Raises DoesNotOpen, NeedsTwoShares."""
    return unseal(key, _TEST + key.public, sealed)


def seal(public: bytes, info: bytes, plain: bytes) -> bytes:
    """HPKE: the encapsulated key (65 bytes), then the ciphertext with its tag. Raises NotAPublicKey."""
    return _suite().encrypt(plain, _public(public), info=info)


def unseal(key: Key, info: bytes, sealed: bytes) -> bytes:
    """The reverse of `seal`. Raises DoesNotOpen, NeedsTwoShares."""
    return _unseal(_whole(key), info, sealed)


def b64u(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64u(text: str) -> bytes:
    """The bytes of a base64url text without padding; ValueError for any other spelling."""
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if b64u(data) != text:
        raise ValueError("not base64url without padding")
    return data


def _row_info(manifest_hash: bytes, target: int) -> bytes:
    if len(manifest_hash) != 32:
        raise WrongLength("a manifest hash has 32 bytes")
    return _ROW + manifest_hash + target.to_bytes(2, "big")


def _whole(key: Key) -> EllipticCurvePrivateKey:
    if key.share:
        raise NeedsTwoShares(f"share {key.share} alone")
    return _private(key.secret)


def _unseal(private: EllipticCurvePrivateKey, info: bytes, sealed: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag

    try:
        return _suite().decrypt(sealed, private, info=info)
    except InvalidTag:
        raise DoesNotOpen("another key, round or target, or altered") from None


def _suite() -> Suite:
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

    return Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def _private(secret: bytes) -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    if len(secret) != SECRET_BYTES:
        raise NotAKey(f"{len(secret)} bytes")
    try:
        return ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1())
    except ValueError:
        raise NotAKey("out of range") from None


def _public(public: bytes) -> EllipticCurvePublicKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    if len(public) != PUBLIC_BYTES:
        raise NotAPublicKey(f"{len(public)} bytes")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    except ValueError:
        raise NotAPublicKey("not on the curve") from None
