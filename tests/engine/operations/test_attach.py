"""Somebody at the keyboard of a command inside a replica, on a real terminal and a real engine."""

from __future__ import annotations

import os
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pexpect
import pytest
from engine.operations.workshop import Workshop

from cloudkit.backends.docker.operations.attach import attach
from cloudkit.backends.replicalogs.targets import Target
from cloudkit.errors import NotFoundError

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]

PROGRAM = str(Path(__file__).with_name("attached.py"))
Sit = Callable[..., "pexpect.spawn[bytes]"]


@pytest.fixture
def replica(workshop: Workshop) -> Target:
    """A replica that does nothing."""
    return workshop.start("sleep 600")


@pytest.fixture
def sit(engine: str, replica: Target) -> Iterator[Sit]:
    """Sits down at a terminal of 30 rows and 100 columns that is attached to a command."""
    opened: list[pexpect.spawn[bytes]] = []

    def spawn(*command: str) -> pexpect.spawn[bytes]:
        environment = {**os.environ, "DOCKER_HOST": engine}
        arguments = [PROGRAM, replica.id, *command]
        child = pexpect.spawn(sys.executable, arguments, env=environment, dimensions=(30, 100), timeout=20)
        opened.append(child)
        return child

    yield spawn
    for child in opened:
        with closing(child):
            child.terminate(force=True)


def test_a_shell_answers_and_its_exit_code_is_told(sit: Sit) -> None:
    """One types, the command answers, and its exit code is what the call returns."""
    terminal = sit("sh")
    terminal.sendline(b"echo $((6*7)); tty")
    terminal.expect(rb"42\r\n/dev/pts/\d+")

    terminal.sendline(b"exit 5")

    terminal.expect(rb"left with 5")


def test_the_command_sees_the_windows_size(sit: Sit) -> None:
    """Its terminal is as large as one's own from the beginning, and when the window changes."""
    terminal = sit("bash", "-c", "trap 'stty size' WINCH; stty size; while :; do sleep 0.1; done")
    terminal.expect(rb"30 100")

    terminal.setwinsize(50, 160)

    terminal.expect(rb"50 160")


def test_ctrl_c_is_the_commands(sit: Sit) -> None:
    """An interrupt goes to the command, not to the caller."""
    terminal = sit("sh", "-c", "trap 'echo caught; exit 7' INT; echo ready; while :; do sleep 0.1; done")
    terminal.expect(rb"ready")

    terminal.sendcontrol("c")

    terminal.expect(rb"caught\r\n")
    terminal.expect(rb"left with 7")


def test_the_terminal_is_put_back(sit: Sit) -> None:
    """After the command, and after one that fails, the terminal echoes and edits lines as before."""
    terminal = sit("sh")
    before = termios.tcgetattr(terminal.child_fd)
    terminal.sendline(b"exit")

    terminal.expect(rb"left with 0")

    assert termios.tcgetattr(terminal.child_fd) == before


def test_the_end_of_input_ends_a_shell(sit: Sit) -> None:
    """Ctrl-D goes to the command as well."""
    terminal = sit("cat")
    terminal.sendline(b"hello")
    terminal.expect(rb"hello\r\nhello")

    terminal.sendeof()

    terminal.expect(rb"left with 0")


def test_a_pipe_is_a_pipe(engine: str, replica: Target) -> None:
    """Without a terminal the command has none either: bytes in, bytes out, and the end of the input."""
    done = subprocess.run(
        [sys.executable, PROGRAM, replica.id, "sh", "-c", "test -t 0 || wc -c; exit 3"],
        input=b"x" * 1_000_000,
        capture_output=True,
        env={**os.environ, "DOCKER_HOST": engine},
        timeout=30,
        check=True,
    )

    assert done.stdout == b"1000000\nleft with 3\n"


def test_memory_can_take_a_pipes_place(workshop: Workshop, replica: Target) -> None:
    """Streams that have no descriptor do as well."""
    out = BytesIO()

    code = attach(
        workshop.api, replica, ["sh", "-c", "cat; sleep 0.3; echo err >&2"], stdin=BytesIO(b"in\n"), stdout=out
    )

    assert (code, out.getvalue()) == (0, b"in\nerr\n")


def test_a_command_that_ends_first_does_not_wait_for_input(workshop: Workshop, replica: Target) -> None:
    """An input that stays open is let go."""
    reading, writing = os.pipe()
    out = BytesIO()

    with os.fdopen(reading, "rb") as stdin, os.fdopen(writing, "wb"):
        code = attach(workshop.api, replica, ["echo", "done"], stdin=stdin, stdout=out)

    assert (code, out.getvalue()) == (0, b"done\n")


def test_a_replica_that_is_gone_is_not_found(workshop: Workshop, replica: Target) -> None:
    """It is said before the terminal is touched."""
    workshop.remove(replica)

    with pytest.raises(NotFoundError, match="web-0"):
        attach(workshop.api, replica, ["sh"], stdin=BytesIO(), stdout=BytesIO())
