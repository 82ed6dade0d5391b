"""Sealed rows: the published vector, an independent implementation, and everything that must not open."""

from __future__ import annotations

import secrets

import pytest
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey

from bot.rules.rating.sealing import (
    DoesNotOpen,
    Key,
    NeedsTwoShares,
    NotAKey,
    NotAPublicKey,
    WrongLength,
    b64u,
    check_public,
    cut_sheet,
    fingerprint,
    key_of,
    make_key,
    make_test,
    open_row,
    open_rows,
    open_test,
    seal,
    seal_row,
    seal_sheet,
    sealed_length,
    unb64u,
    unseal,
)
from tests.support.hpke import load_vector

ROUND = bytes(range(32))
OTHER_ROUND = bytes(32)
ITEMS = 3
ROW = bytes((1, 2, 0))
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.fixture(scope="module")
def key() -> Key:
    return make_key()


def test_the_published_vector_opens() -> None:
    vector = load_vector()
    assert vector.computed == vector.published
    assert key_of(vector.key.secret) == vector.key
    assert unseal(vector.key, vector.info, vector.sealed) == vector.plain


def test_another_implementation_opens_ours_and_seals_for_us(key: Key) -> None:
    suite = CipherSuite.new(KEMId.DHKEM_P256_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.AES256_GCM)
    point = {"kty": "EC", "crv": "P-256", "x": b64u(key.public[1:33]), "y": b64u(key.public[33:])}
    sealed = seal(key.public, b"info", ROW)
    theirs = suite.create_recipient_context(sealed[:65], KEMKey.from_jwk({**point, "d": b64u(key.secret)}), b"info")
    assert theirs.open(sealed[65:]) == ROW
    enc, sender = suite.create_sender_context(KEMKey.from_jwk(point), b"info")
    assert unseal(key, b"info", enc + sender.seal(ROW)) == ROW


def test_a_row_opens_for_its_round_and_target_only(key: Key) -> None:
    sealed = seal_row(key.public, ROUND, 7, ROW)
    assert open_row(key, ROUND, 7, sealed) == ROW
    for stranger, manifest, target in ((key, OTHER_ROUND, 7), (key, ROUND, 8), (make_key(), ROUND, 7)):
        with pytest.raises(DoesNotOpen):
            open_row(stranger, manifest, target, sealed)


def test_a_changed_bit_anywhere_does_not_open(key: Key) -> None:
    sealed = seal_row(key.public, ROUND, 0, ROW)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1 << secrets.randbelow(8)
        with pytest.raises(DoesNotOpen):
            open_row(key, ROUND, 0, bytes(changed))
    for cut in (b"", sealed[:64], sealed[:65], sealed[:-1], sealed + b"\0"):
        with pytest.raises(DoesNotOpen):
            open_row(key, ROUND, 0, cut)


def test_every_sheet_of_a_round_has_one_length_and_no_two_are_alike(key: Key) -> None:
    blank, full = [bytes(ITEMS)] * 4, [bytes((4, 4, 4))] * 4
    sheets = [seal_sheet(key.public, ROUND, rows) for rows in (blank, blank, full, full)]
    assert {len(sheet) for sheet in sheets} == {4 * sealed_length(ITEMS)}
    sealed = [row for sheet in sheets for row in cut_sheet(sheet, 4, ITEMS)]
    assert len({row[:65] for row in sealed}) == len({row[65:] for row in sealed}) == 16


def test_a_sheet_is_cut_into_the_rows_of_its_targets(key: Key) -> None:
    rows = [bytes((target, 1, 2)) for target in range(5)]
    cut = cut_sheet(seal_sheet(key.public, ROUND, rows), 5, ITEMS)
    assert [open_row(key, ROUND, target, sealed) for target, sealed in enumerate(cut)] == rows
    for wrong in (b"".join(cut)[:-1], b"".join(cut[:-1]), b""):
        with pytest.raises(WrongLength):
            cut_sheet(wrong, 5, ITEMS)


def test_opened_rows_keep_no_order_and_what_does_not_open_is_counted(key: Key) -> None:
    rows = [bytes((grade, 4 - grade, 1)) for grade in (3, 1, 4, 1, 0)]
    sealed = [seal_row(key.public, ROUND, 2, row) for row in rows]
    strange = seal_row(key.public, ROUND, 3, ROW)
    there = open_rows(key, ROUND, 2, ITEMS, b"".join([*sealed, strange]))
    back = open_rows(key, ROUND, 2, ITEMS, b"".join([strange, *sealed[::-1]]))
    assert there == back
    assert there.rows == b"".join(sorted(rows))
    assert there.failed == 1
    assert open_rows(key, ROUND, 2, ITEMS, b"").rows == b""
    with pytest.raises(WrongLength):
        open_rows(key, ROUND, 2, ITEMS, b"".join(sealed)[:-1])


def test_a_share_opens_nothing(key: Key) -> None:
    share = Key(key.public, key.secret, 1)
    with pytest.raises(NeedsTwoShares):
        open_rows(share, ROUND, 0, ITEMS, b"")
    with pytest.raises(NeedsTwoShares):
        open_test(share, make_test(key.public).sealed)


def test_a_test_envelope_proves_the_key_and_is_no_row(key: Key) -> None:
    challenge = make_test(key.public)
    assert len(challenge.answer) == 32
    assert open_test(key, challenge.sealed) == challenge.answer
    assert make_test(key.public).answer != challenge.answer
    with pytest.raises(DoesNotOpen):
        open_test(make_key(), challenge.sealed)
    with pytest.raises(DoesNotOpen):
        open_row(key, ROUND, 0, challenge.sealed)


def test_only_a_point_of_the_curve_is_a_public_key(key: Key) -> None:
    check_public(key.public)
    compressed = bytes([2 + key.public[-1] % 2]) + key.public[1:33]
    off = key.public[:-1] + bytes([key.public[-1] ^ 1])
    for wrong in (b"", compressed, off, b"\x04" + bytes(64), bytes(65), key.public + b"\0"):
        with pytest.raises(NotAPublicKey):
            check_public(wrong)
    with pytest.raises(NotAPublicKey):
        seal_row(off, ROUND, 0, ROW)


@pytest.mark.parametrize("number", [0, ORDER, ORDER + 1, 2**256 - 1])
def test_a_scalar_out_of_range_is_no_key(number: int) -> None:
    with pytest.raises(NotAKey):
        key_of(number.to_bytes(32, "big"))


def test_a_manifest_hash_and_a_secret_have_32_bytes(key: Key) -> None:
    with pytest.raises(WrongLength):
        seal_row(key.public, ROUND[:-1], 0, ROW)
    with pytest.raises(NotAKey):
        key_of(b"\x01" * 31)


def test_a_secret_is_not_shown(key: Key) -> None:
    challenge = make_test(key.public)
    assert repr(key.secret) not in repr(key)
    assert repr(challenge.answer) not in repr(challenge)


def test_the_fingerprint_is_the_start_of_the_hash() -> None:
    assert fingerprint(b"abc") == "ba78 16bf 8f01 cfea"


def test_bytes_are_written_in_one_way_only() -> None:
    for data in (b"", b"\xff", b"\xfb\xef\xbe", bytes(range(256))):
        assert unb64u(b64u(data)) == data
    assert b64u(b"\xfb\xef\xff") == "--__"
    for wrong in ("_w==", "/w", "_x", "A", "_ w", "\n", "密"):
        with pytest.raises(ValueError, match=r".+"):
            unb64u(wrong)
