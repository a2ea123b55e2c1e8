"""Somebody at the keyboard of a command inside a pod, on a real terminal and a real cluster."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pexpect
import pytest
from testbed.cluster.given import Given

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.operations.attach import attach

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]
PROGRAM = str(Path(__file__).with_name("attached.py"))
Sit = Callable[..., "pexpect.spawn[bytes]"]


@pytest.fixture
def sit(cluster: Given, client: Client, replica: str) -> Iterator[Sit]:
    """Sits down at a terminal of 30 rows and 100 columns that is attached to a command."""
    opened: list[pexpect.spawn[bytes]] = []

    def spawn(*command: str) -> pexpect.spawn[bytes]:
        environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
        arguments = [PROGRAM, client.namespace, replica, *command]
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


def test_the_window_has_the_same_size_on_both_sides(sit: Sit) -> None:
    """At first, and when it changes."""
    terminal = sit("sh")
    terminal.sendline(b"echo; stty size")
    terminal.expect(rb"\n30 100\r")

    terminal.setwinsize(20, 50)
    terminal.sendline(b"sleep 0.5; stty size")

    terminal.expect(rb"\n20 50\r")


def test_ctrl_c_goes_to_the_command(sit: Sit) -> None:
    """The program that attaches goes on."""
    terminal = sit("sh")
    terminal.sendline(b"echo ready; sleep 100")
    terminal.expect(rb"\nready\r")

    terminal.sendintr()
    terminal.sendline(b"echo still $((40+2))")

    terminal.expect(rb"still 42")


def test_a_pipe_gives_its_content_and_its_end(client: Client, replica: str, bare: str) -> None:
    """Where nobody sits at a terminal; also in an image that has not got ``env``."""
    for pod in (replica, bare):
        output = BytesIO()

        code = attach(client, pod, ["cat"], stdin=BytesIO(b"typed\n"), stdout=output)

        assert (code, output.getvalue()) == (0, b"typed\n")


def test_a_command_that_is_none_says_so(client: Client, replica: str) -> None:
    """As a shell does."""
    output = BytesIO()

    assert attach(client, replica, ["nothing-there"], stdin=BytesIO(), stdout=output) == 127
    assert b"nothing-there" in output.getvalue()


def test_a_program_with_a_pipe_ends_when_the_command_does(cluster: Given, client: Client, replica: str) -> None:
    """It does not wait for more input."""
    environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
    reading, writing = os.pipe()

    done = subprocess.run(
        [sys.executable, PROGRAM, client.namespace, replica, "true"],
        stdin=reading, capture_output=True, text=True, timeout=60, env=environment, check=True,
    )  # fmt: skip
    os.close(reading)
    os.close(writing)

    assert done.stdout == "left with 0\n"
