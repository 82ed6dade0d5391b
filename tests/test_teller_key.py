"""`teller-key` at a real terminal: what is typed is not shown, and what is written opens."""

from __future__ import annotations

import os
import pty
import select
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bot.rules.rating.key_file import WrongPassphrase, join_key, read_key_file, read_label
from bot.rules.rating.sealing import fingerprint, make_test, open_test
from tests.support.wording import says

ROOT = Path(__file__).parent.parent
PASSPHRASES = ("第一个人的口令够长了", "第二个人的口令够长了", "第三个人的口令够长了")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the program's content and nothing else: a teller needs no configuration and no database."""
    (tmp_path / "content").symlink_to(ROOT / "content")
    return tmp_path


def command(place: Path, *arguments: str, said: tuple[str, ...] = ()) -> tuple[int, str]:
    """Run the command at a terminal, type a line at each prompt; the exit code and the screen."""
    master, slave = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "400", "NO_COLOR": "1"}
    running = subprocess.Popen(
        [sys.executable, "-m", "bot", "teller-key", *arguments], cwd=place, env=environment,
        stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    screen = b""
    for line in said:
        screen += _until(master, b": ")
        os.write(master, f"{line}\n".encode())
    screen += _until(master, None)
    os.close(master)
    return running.wait(30), screen.decode().replace("\r\n", "\n")


def _until(master: int, prompt: bytes | None) -> bytes:
    """What appears up to a prompt, or to the end; a terminal whose program has ended reads as an error."""
    seen = b""
    while prompt is None or not seen.endswith(prompt):
        ready, _, _ = select.select([master], [], [], 30)
        assert ready, seen.decode()
        try:
            read = os.read(master, 4096)
        except OSError:
            read = b""
        if not read:
            assert prompt is None, seen.decode()
            break
        seen += read
    return seen


def test_the_file_opens_a_test_envelope(place: Path) -> None:
    code, screen = command(place, "key.json", said=(PASSPHRASES[0], PASSPHRASES[0]))
    assert code == 0
    assert PASSPHRASES[0] not in screen
    file = place / "key.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    key = read_key_file(file.read_text("utf-8"), PASSPHRASES[0])
    challenge = make_test(key.public)
    assert open_test(key, challenge.sealed) == challenge.answer
    assert says(screen, "teller_key.fingerprint", fingerprint=fingerprint(key.public))
    assert says(screen, "teller_key.written", path="key.json")
    assert says(screen, "teller_key.next")


def test_a_short_passphrase_or_two_different_ones_are_asked_for_again(place: Path) -> None:
    said = ("太短", PASSPHRASES[0], PASSPHRASES[1], PASSPHRASES[2], PASSPHRASES[2])
    code, screen = command(place, "key.json", said=said)
    assert code == 0
    assert says(screen, "teller_key.too_short", least=10)
    assert says(screen, "teller_key.differ")
    text = (place / "key.json").read_text("utf-8")
    assert read_key_file(text, PASSPHRASES[2]).share == 0
    with pytest.raises(WrongPassphrase):
        read_key_file(text, PASSPHRASES[0])


def test_three_shares_have_a_passphrase_each(place: Path) -> None:
    code, screen = command(place, "key.json", "--split", said=tuple(each for each in PASSPHRASES for _ in range(2)))
    assert code == 0
    assert says(screen, "teller_key.passphrase_share", share=3)
    assert not (place / "key.json").exists()
    texts = [(place / f"key-{share}.json").read_text("utf-8") for share in (1, 2, 3)]
    one, two, three = (read_key_file(*pair) for pair in zip(texts, PASSPHRASES, strict=True))
    assert join_key(one, two) == join_key(two, three) == join_key(three, one)
    assert fingerprint(read_label(texts[0]).public) in screen


@pytest.mark.parametrize(("name", "options"), [("key.json", ()), ("key-2.json", ("--split",))])
def test_nothing_is_written_over(place: Path, name: str, options: tuple[str, ...]) -> None:
    (place / name).write_text("kept", encoding="utf-8")
    code, screen = command(place, "key.json", *options)
    assert code == 1
    assert says(screen, "teller_key.exists", path=name)
    assert (place / name).read_text("utf-8") == "kept"
    assert [each.name for each in place.glob("*.json")] == [name]


def test_a_folder_that_is_not_there_is_named(place: Path) -> None:
    code, screen = command(place, "nowhere/key.json", said=(PASSPHRASES[0], PASSPHRASES[0]))
    assert code == 1
    assert says(screen, "teller_key.not_written", path="nowhere/key.json")
    assert not (place / "nowhere").exists()


def test_a_passphrase_is_no_argument(place: Path) -> None:
    assert command(place, "key.json", "--passphrase", PASSPHRASES[0])[0] == 2
    assert command(place, "key.json", PASSPHRASES[0])[0] == 2
    assert not (place / "key.json").exists()
    assert says(command(place, "--help")[1], "teller_key.opt_split")
