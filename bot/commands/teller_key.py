"""`teller-key`: a teller makes the key of a sealed rating on their own computer, without a browser or a server."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from bot.texts import Texts


def add_teller_key(cli: typer.Typer, texts: Texts) -> None:
    """Add the command to the command line."""
    argument = typer.Argument(help=texts("teller_key.arg_file"))
    option = typer.Option("--split", help=texts("teller_key.opt_split"))

    @cli.command("teller-key", help=texts("teller_key.cmd"))
    def teller_key(
        file: Annotated[Path, argument],
        split: Annotated[bool, option] = False,
    ) -> None:
        if not make_files(texts, file, split):
            raise typer.Exit(1)


def make_files(texts: Texts, file: Path, split: bool) -> bool:
    """Ask for the passphrases and write the key to `file`, or three shares of it to files beside; False if refused."""
    from bot.rules.rating.key_file import MIN_PASSPHRASE, split_key, write_key_file
    from bot.rules.rating.sealing import fingerprint, make_key

    key = make_key()
    parts = dict(zip(_names(file, split), split_key(key) if split else (key,), strict=True))
    if there := [path for path in parts if path.exists()]:
        typer.echo(texts("teller_key.exists", path=there[0]))
        return False
    typer.echo(texts("teller_key.passphrase_hint", least=MIN_PASSPHRASE))
    files = {path: write_key_file(part, _ask(texts, part.share)) for path, part in parts.items()}
    try:
        _write_new(files)
    except OSError as error:
        typer.echo(texts("teller_key.not_written", path=error.filename, error=error.strerror))
        return False
    for path in files:
        typer.echo(texts("teller_key.written", path=path))
    typer.echo(texts("teller_key.fingerprint", fingerprint=fingerprint(key.public)))
    typer.echo(texts("teller_key.next_split") if split else texts("teller_key.next"))
    return True


def _names(file: Path, split: bool) -> list[Path]:
    if not split:
        return [file]
    return [file.with_name(f"{file.stem}-{share}{file.suffix}") for share in (1, 2, 3)]


def _ask(texts: Texts, share: int) -> str:
    """A passphrase that was typed twice the same, without being shown."""
    from bot.rules.rating.key_file import MIN_PASSPHRASE, PassphraseTooShort, check_passphrase

    label = texts("teller_key.passphrase_share", share=share) if share else texts("teller_key.passphrase")
    while True:
        typed: str = typer.prompt(label, hide_input=True)
        try:
            check_passphrase(typed)
        except PassphraseTooShort:
            typer.echo(texts("teller_key.too_short", least=MIN_PASSPHRASE))
            continue
        if typer.prompt(texts("teller_key.passphrase_again"), hide_input=True) == typed:
            return typed
        typer.echo(texts("teller_key.differ"))


def _write_new(files: Mapping[Path, str]) -> None:
    """Write all files for the owner's eyes only, or none; never over a file that exists."""
    written: list[Path] = []
    try:
        for path, text in files.items():
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
                written.append(path)
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
    except OSError:
        for path in written:
            path.unlink()
        raise
