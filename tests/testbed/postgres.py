"""A Postgres of the tests' own, from Debian's programs or those on PATH."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from testbed.process import until

__all__ = ["serving"]

DEBIAN = Path("/usr/lib/postgresql")
OWNER = "nobody"  # as the server refuses to run as root


def program(name: str) -> str | None:
    """Return one of its programs, None where it is not there."""
    found = shutil.which(name)
    beside = sorted(DEBIAN.glob(f"*/bin/{name}"))
    return str(beside[-1]) if beside else found


def answers(url: str) -> bool:
    """Tell whether the server takes connections."""
    try:
        with psycopg.connect(url):
            return True
    except psycopg.OperationalError:
        return False


@contextmanager
def serving() -> Iterator[str | None]:
    """Run a server on a socket, in a folder that its user comes to; yield its URL, None where there is no program."""
    if program("initdb") is None or program("postgres") is None:
        yield None
        return
    with TemporaryDirectory(prefix="cloudkit-postgres-") as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, OWNER)
        with _running(Path(folder)) as url:
            yield url


@contextmanager
def _running(folder: Path) -> Iterator[str]:
    initdb, server = str(program("initdb")), str(program("postgres"))
    data, sockets = folder / "data", folder / "s"
    for one in (data, sockets):
        one.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(one, OWNER)
    run = {"user": pwd.getpwnam(OWNER).pw_uid} if os.geteuid() == 0 else {}
    environment = {**os.environ, "LC_ALL": "C"}
    arguments = [initdb, "--pgdata", str(data), "--username", "team", "--auth", "trust", "--no-sync"]
    subprocess.run(arguments, check=True, capture_output=True, env=environment, **run)  # type: ignore[call-overload]  # user
    with (folder / "postgres.log").open("wb") as log:
        command = [server, "-D", str(data), "-k", str(sockets), "-c", "listen_addresses="]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, **run)  # type: ignore[call-overload]
    try:
        url = f"postgresql://team@/postgres?host={sockets}"
        until(lambda: answers(url), 30, "postgres", process, folder / "postgres.log")
        yield url
    finally:
        process.send_signal(signal.SIGINT)  # which waits for no client
        process.wait(timeout=30)
