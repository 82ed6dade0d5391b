"""Key files and shares: what opens them, what does not, and that one share says nothing."""

from __future__ import annotations

import itertools
import json
from functools import partial

import pytest

from bot.rules.rating.key_file import (
    ITERATIONS,
    NotAKeyFile,
    PassphraseTooShort,
    SharesDoNotFit,
    WrongPassphrase,
    join_key,
    read_key_file,
    read_label,
    split_key,
    write_key_file,
)
from bot.rules.rating.sealing import Key, make_key, unb64u

PASSPHRASE = "杜鹃花开 2026 年"
FEW = 1_000
write = partial(write_key_file, iterations=FEW)
read = partial(read_key_file, least=FEW)


@pytest.fixture(scope="module")
def key() -> Key:
    return make_key()


@pytest.fixture(scope="module")
def text(key: Key) -> str:
    return write(key, PASSPHRASE)


def changed(text: str, **fields: object) -> str:
    return json.dumps({**json.loads(text), **fields})


def test_a_key_comes_back_from_its_file(key: Key, text: str) -> None:
    assert read(text, PASSPHRASE) == key
    assert read_label(text, least=FEW).public == key.public
    assert read_label(text, least=FEW).share == 0
    assert write(key, PASSPHRASE) != text


def test_the_file_is_what_it_says(key: Key, text: str) -> None:
    fields = json.loads(text)
    assert (fields["azalea"], fields["version"], fields["share"]) == ("rating-key", 1, 0)
    assert (fields["kdf"], fields["iterations"]) == ("PBKDF2-SHA256", FEW)
    assert [len(unb64u(fields[name])) for name in ("public", "salt", "iv", "sealed")] == [65, 16, 12, 48]
    assert key.secret not in unb64u(fields["sealed"])


def test_nobody_is_given_a_file_of_few_iterations_unless_asked_for(key: Key, text: str) -> None:
    assert ITERATIONS == 600_000
    whole = write_key_file(key, PASSPHRASE)
    assert json.loads(whole)["iterations"] == ITERATIONS
    assert read_key_file(whole, PASSPHRASE) == key
    assert read_label(whole).public == key.public
    for few in (text, changed(whole, iterations=ITERATIONS - 1)):
        with pytest.raises(NotAKeyFile, match="iterations"):
            read_key_file(few, PASSPHRASE)
        with pytest.raises(NotAKeyFile, match="iterations"):
            read_label(few)


def test_another_passphrase_does_not_open_it(text: str) -> None:
    for wrong in (PASSPHRASE + "。", PASSPHRASE[:-1], ""):
        with pytest.raises(WrongPassphrase):
            read(text, wrong)


def test_full_width_letters_are_the_same_passphrase(text: str) -> None:
    assert read(text, PASSPHRASE.replace("2026", "２０２６")).share == 0


def test_a_short_passphrase_is_refused(key: Key) -> None:
    with pytest.raises(PassphraseTooShort):
        write(key, "九个字的口令不够长")
    assert read(write(key, "十个字的口令刚刚够用"), "十个字的口令刚刚够用") == key


def test_fields_of_two_files_cannot_be_mixed(key: Key, text: str) -> None:
    other = json.loads(write(make_key(), PASSPHRASE))
    share = write(split_key(key)[0], PASSPHRASE)
    for mixed in (
        changed(text, public=other["public"]),
        changed(text, share=1),
        changed(share, share=2),
        changed(share, share=0),
        changed(text, sealed=other["sealed"]),
    ):
        with pytest.raises(WrongPassphrase):
            read(mixed, PASSPHRASE)


@pytest.mark.parametrize(
    "fields",
    [
        {"azalea": "backup"},
        {"version": 2},
        {"kdf": "scrypt"},
        {"share": 4},
        {"share": -1},
        {"share": True},
        {"share": "1"},
        {"iterations": 0},
        {"iterations": 10**9},
        {"iterations": 600_000.0},
        {"salt": "AAAA"},
        {"iv": None},
        {"public": ["A"] * 87},
        {"sealed": "+" * 64},
        {"sealed": "密" * 64},
    ],
    ids=str,
)
def test_what_is_not_a_key_file_is_said_so(text: str, fields: dict[str, object]) -> None:
    with pytest.raises(NotAKeyFile):
        read(changed(text, **fields), PASSPHRASE)


@pytest.mark.parametrize("other", ["", "[]", "null", "7", "{}", "not JSON", "[" * 100_000], ids=range(7))
def test_another_file_is_not_a_key_file(other: str) -> None:
    with pytest.raises(NotAKeyFile):
        read_label(other)


def test_any_two_of_three_shares_make_the_key(key: Key) -> None:
    shares = split_key(key)
    assert [share.share for share in shares] == [1, 2, 3]
    for one, other in itertools.permutations(shares, 2):
        assert join_key(one, other) == key
    assert split_key(key) != shares


def test_shares_survive_their_files(key: Key) -> None:
    first, _, third = split_key(key)
    files = [write(first, "甲甲甲甲甲甲甲甲甲甲"), write(third, "丙丙丙丙丙丙丙丙丙丙")]
    found = [read(files[0], "甲甲甲甲甲甲甲甲甲甲"), read(files[1], "丙丙丙丙丙丙丙丙丙丙")]
    assert join_key(*found) == key


def test_one_share_fits_every_key() -> None:
    """Whatever the key, there is a second share that makes it: one share alone rules nothing out."""
    share = split_key(make_key())[0]
    for other in (make_key() for _ in range(20)):
        slopes = [a ^ b for a, b in zip(share.secret, other.secret, strict=True)]
        doubled = [(slope << 1) ^ (0x11B if slope & 0x80 else 0) for slope in slopes]
        second = Key(other.public, bytes(a ^ b for a, b in zip(other.secret, doubled, strict=True)), 2)
        assert join_key(Key(other.public, share.secret, 1), second) == other


def test_shares_of_two_keys_or_twice_the_same_do_not_fit(key: Key) -> None:
    first, second, _ = split_key(key)
    stranger = split_key(make_key())[1]
    again = split_key(key)[1]
    for one, other in (
        (first, first),
        (first, stranger),
        (first, again),
        (first, key),
        (key, key),
        (first, Key(key.public, second.secret, 3)),
        (first, Key(key.public, second.secret, 4)),
    ):
        with pytest.raises(SharesDoNotFit):
            join_key(one, other)
