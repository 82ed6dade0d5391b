"""An election with Belenios' own command-line tool: `election.py FOLDER` with `ballots.json` in it.

Says `ready` when it is set up; then a line makes it encrypt all ballots, the next one add, tally and decrypt them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

GROUP = "BELENIOS-2048"
TRUSTEES = 2


class Election:
    """One election, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "election"
        self._folder.mkdir()
        given = json.loads((folder / "ballots.json").read_text())
        self._grades, self._marks = given["grades"], given["marks"]
        self._secrets: list[str] = []
        self._ballots: list[bytes] = []

    def set_up(self) -> None:
        """Credentials, trustees and the questions: one a target, one answer a grade, none of them for a blank."""
        uuid = self._tool("setup", "generate-token").decode().strip()
        common = ("--uuid", uuid, "--group", GROUP)
        self._write("voters.txt", "".join(f"voter{n}@example.org,voter{n},1\n" for n in range(len(self._marks))))
        self._tool("setup", "generate-credentials", *common, "--file", "voters.txt")
        self._secrets = [line.split()[-1] for line in self._only("privcreds").read_text().splitlines()]
        self._only("pubcreds").rename(self._folder / "public_creds.json")
        for _ in range(TRUSTEES):
            self._tool("setup", "generate-trustee-key", "--group", GROUP)
        self._write("public_keys.jsons", "".join(path.read_text() for path in self._of_trustees("pubkey")))
        self._tool("setup", "make-trustees")
        answers = [f"grade {grade}" for grade in range(1, self._grades + 1)]
        question = {"answers": answers, "min": 0, "max": 1, "question": "target"}
        template = {"name": "rating", "description": "rating", "questions": [question] * len(self._marks[0])}
        template |= {"administrator": "office", "credential_authority": "office"}
        self._write("template.json", json.dumps(template))
        self._tool("setup", "make-election", *common, "--template", "template.json")
        self._tool("archive", "init")

    def encrypt(self) -> None:
        """One ballot after the other, as each voter's machine would."""
        for secret, marks in zip(self._secrets, self._marks, strict=True):
            choices = [[int(mark == grade) for grade in range(1, self._grades + 1)] for mark in marks]
            self._write("credential", secret + "\n")
            self._write("choices.json", json.dumps(choices))
            made = self._tool("election", "generate-ballot", "--privcred", "credential", "--ballot", "choices.json")
            self._ballots.append(made)

    def tally(self) -> list[list[int]]:
        """Add up under encryption, decrypt the sums; how often each answer came, by question."""
        for ballot in self._ballots:
            self._event("Ballot", ballot)
        self._event("EndBallots")
        self._event("EncryptedTally", self._tool("election", "compute-encrypted-tally"))
        for number, key in enumerate(self._of_trustees("privkey"), 1):
            part = self._tool("election", "decrypt", "--privkey", key.name, "--trustee-id", str(number))
            self._event("PartialDecryption", part)
        found: list[list[int]] = json.loads(self._tool("election", "compute-result"))["result"]
        return found

    def _event(self, kind: str, payload: bytes = b"") -> None:
        self._tool("archive", "add-event", f"--type={kind}", given=payload)

    def _tool(self, *words: str, given: bytes = b"") -> bytes:
        environment = os.environ | {"BELENIOS_USE_URANDOM": "1"}
        command = ["belenios-tool", *words]
        done = subprocess.run(
            command, cwd=self._folder, env=environment, input=given, stdout=subprocess.PIPE, check=True
        )
        return done.stdout

    def _write(self, name: str, text: str) -> None:
        (self._folder / name).write_text(text)

    def _of_trustees(self, ending: str) -> list[Path]:
        """One file a trustee; both kinds are named alike, so that their order agrees."""
        return sorted(self._folder.glob(f"*.{ending}"))

    def _only(self, ending: str) -> Path:
        (path,) = self._folder.glob(f"*.{ending}")
        return path


def say(value: Any) -> None:
    """Tell the caller."""
    print(json.dumps(value), flush=True)


def main() -> None:
    """Set up, encrypt, tally: a step a line."""
    election = Election(Path(sys.argv[1]))
    election.set_up()
    say("ready")
    sys.stdin.readline()
    election.encrypt()
    say("encrypted")
    sys.stdin.readline()
    say(election.tally())


if __name__ == "__main__":
    main()
