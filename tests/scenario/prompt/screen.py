"""A program on a terminal, and its screen as a person sees it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TypeVar

import pexpect
import pyte
from scenario.cli.conftest import environment

__all__ = ["Screen", "ipython"]

WIDTH, HEIGHT = 110, 48
READING = 0.05  # seconds that one reading waits at the most


class Screen:
    """A program on a terminal.

    Args:
        command: The program and its words.
        changes: What its environment has besides.
    """

    def __init__(self, command: list[str], **changes: str) -> None:
        self.child: pexpect.spawn[str] = pexpect.spawn(
            command[0],
            command[1:],
            env=environment(COLUMNS=str(WIDTH), LINES=str(HEIGHT), **changes),
            encoding="utf-8",
            dimensions=(HEIGHT, WIDTH),
        )
        self.written = ""
        self.terminal = pyte.HistoryScreen(WIDTH, HEIGHT, history=2000)
        self._stream = pyte.Stream(self.terminal)

    @property
    def text(self) -> str:
        """What stands on the screen now."""
        return "\n".join(line.rstrip() for line in self.terminal.display).rstrip()

    @property
    def scrolled(self) -> str:
        """What stood on the screen, and was moved off its top."""
        lines = self.terminal.history.top
        return "".join("".join(line[at].data for at in range(WIDTH)).rstrip() + "\n" for line in lines)

    def read(self) -> None:
        """Take what the program has written, and answer what it asks a terminal."""
        try:
            piece = self.child.read_nonblocking(65_536, READING)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return
        self.written += piece
        for _ in range(piece.count("\x1b[6n")):
            self.child.send(f"\x1b[{self.terminal.cursor.y + 1};{self.terminal.cursor.x + 1}R")
        self._stream.feed(piece)

    def until(self, there: Callable[[str], object], *, seconds: float = 60) -> str:
        """Read until the screen is as wanted, and return it."""
        ends = time.monotonic() + seconds
        while not there(self.text):
            assert time.monotonic() < ends, f"the screen is still:\n{self.text}"
            self.read()
        return self.text

    def type(self, text: str) -> None:
        """Type a text, without a return."""
        self.child.send(text)

    def enter(self, line: str, *, seconds: float = 60) -> str:
        """Type a line at IPython's prompt, wait for the next prompt, and return what came in between."""
        number = self.number
        self.type(f"{line}\r")
        screen = self.until(lambda text: f"In [{number + 1}]:" in text.splitlines()[-1], seconds=seconds)
        return f"{self.scrolled}{screen}".rpartition(f"In [{number}]:")[2].rpartition(f"In [{number + 1}]:")[0].rstrip()

    def answer(self, word: str) -> str:
        """Answer a question, and return what stands on the screen at the next prompt."""
        self.type(f"{word}\r")
        return self.until(lambda text: text.splitlines()[-1].lstrip().startswith("In ["))

    @property
    def number(self) -> int:
        """The number of IPython's prompt that waits."""
        screen = self.until(lambda text: text and text.splitlines()[-1].lstrip().startswith("In ["))
        return int(screen.splitlines()[-1].partition("[")[2].partition("]")[0])

    def close(self) -> None:
        """End the program."""
        self.child.close(force=True)


S = TypeVar("S", bound=Screen)


def ipython(kind: type[S] = Screen, **changes: str) -> S:  # type: ignore[assignment]  # what S is where nobody says so
    """Return an IPython that has loaded the extension, in a folder of settings that is its own."""
    command = [sys.executable, "-m", "IPython", "--no-banner", "--no-confirm-exit", "--ext", "cloudkit"]
    return kind([*command, "--HistoryManager.enabled=False"], **changes)
