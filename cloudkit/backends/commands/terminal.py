"""The terminal that somebody sits at: raw while a command has it, and its size passed on."""

from __future__ import annotations

import os
import select
import signal
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import UnsupportedOperation
from typing import BinaryIO

__all__ = ["descriptor", "raw", "relayed", "resized", "terminal_size"]

PIECE = 65536


def descriptor(stream: BinaryIO) -> int | None:
    """Return a stream's descriptor; None for one in memory."""
    try:
        return stream.fileno()
    except (AttributeError, OSError, UnsupportedOperation):
        return None


def terminal_size(number: int) -> tuple[int, int]:
    """Return a terminal's rows and columns."""
    size = os.get_terminal_size(number)
    return size.lines, size.columns


@contextmanager
def raw(number: int) -> Iterator[None]:
    """Give every key to the command, also Ctrl-C; put the terminal back whatever happens."""
    before = termios.tcgetattr(number)
    tty.setraw(number, termios.TCSADRAIN)  # what was typed ahead is kept
    try:
        yield
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)


@contextmanager
def resized(number: int, tell: Callable[[int, int], None]) -> Iterator[None]:
    """Call ``tell`` with rows and columns whenever the window changes; signals reach the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGWINCH, lambda *_: tell(*terminal_size(number)))
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)


@contextmanager
def relayed(stream: BinaryIO, send: Callable[[bytes], None], end: Callable[[], None]) -> Iterator[None]:
    """Send what a stream holds, as it comes, until it ends or the block does."""
    reading, waking = os.pipe()
    pieces = _in_memory(stream) if (number := descriptor(stream)) is None else _as_they_come(number, reading)

    def relay() -> None:
        for piece in pieces:
            send(piece)
        end()

    thread = threading.Thread(target=relay, name="cloudkit-stdin", daemon=True)
    thread.start()
    try:
        yield
    finally:
        os.close(waking)
        thread.join()
        os.close(reading)


def _as_they_come(number: int, waking: int) -> Iterator[bytes]:
    """Yield what a descriptor gives until it ends, or until the other end of ``waking`` is closed."""
    with suppress(OSError):  # a terminal that hung up
        while number in select.select([number, waking], [], [])[0]:
            piece = os.read(number, PIECE)
            if not piece:
                return
            yield piece


def _in_memory(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(PIECE):
        yield piece
