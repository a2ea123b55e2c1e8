"""Make lines of what the engine's log sends: stamped, of bounded length, whatever was printed; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from cloudkit.backends.docker.operations.frames import STDERR, STDOUT, Piece
from cloudkit.backends.replicalogs.stamped import LINE_LIMIT, Stamped
from cloudkit.backends.replicalogs.stamps import moment, parse_stamp
from cloudkit.model.log import LogLine

__all__ = ["read_lines"]

PART = 16384
"""Bytes of a line after which the engine begins a new record, with a stamp of its own."""
STAMP_LIMIT = 40
_NAMES: dict[int, Literal["stdout", "stderr"]] = {STDOUT: "stdout", STDERR: "stderr"}


@dataclass(slots=True)
class _Open:
    """A line of one stream that has not ended yet."""

    replica: str
    stream: Literal["stdout", "stderr"]
    stamp: int | None = None
    latest: int = 0  # the last stamp seen, for text that has none
    head: bytearray | None = None  # the beginning of a record while its stamp is still incomplete
    text: bytearray = field(default_factory=bytearray)
    since_stamp: int = 0  # bytes since the last stamp, to know where a terminal's next one stands

    def add(self, data: bytes) -> None:
        self.since_stamp += len(data)
        self.text += data[: max(0, LINE_LIMIT - len(self.text))]

    def take(self) -> Stamped | None:
        """End the line; None when there is none."""
        stamp, text = self.stamp, bytes(self.text)
        self.stamp, self.text, self.since_stamp = None, bytearray(), 0
        if stamp is None and not text:
            return None
        stamp = self.latest if stamp is None else stamp
        words = text.removesuffix(b"\r").decode(errors="replace")
        return Stamped(stamp, LogLine(time=moment(stamp), replica=self.replica, stream=self.stream, text=words))


def read_lines(pieces: Iterable[Piece], replica: str, *, framed: bool = True) -> Iterator[Stamped]:
    """Yield the lines of one replica's log, as the engine sends it with time stamps.

    Args:
        pieces: What comes, from `demultiplex`, or from `whole` for a terminal.
        replica: Whose log it is.
        framed: False for a terminal's, whose records have no frames: a stamp stands at the beginning of each line
            and after each 16 KiB of one.
    """
    states: dict[int, _Open] = {}
    for piece in pieces:
        state = states.setdefault(piece.stream, _Open(replica, _NAMES.get(piece.stream, "stdout")))
        if piece.first or (not framed and state.stamp is None and state.head is None):
            _begin(state)
        yield from _feed(state, piece.data, framed=framed)
    for state in states.values():
        _settle_head(state)
        if (last := state.take()) is not None:
            yield last


def _begin(state: _Open) -> None:
    """Expect a stamp next."""
    _settle_head(state)
    state.head = bytearray()


def _feed(state: _Open, data: bytes, *, framed: bool) -> Iterator[Stamped]:
    while data:
        data = _stamp(state, data) if state.head is not None else data
        if state.head is not None:
            return
        room = len(data) if framed else PART - state.since_stamp
        newline = data.find(b"\n", 0, room)
        part = data[:newline] if newline >= 0 else data[:room]
        state.add(part)
        data = data[len(part) + (newline >= 0) :]
        if newline >= 0 and (line := state.take()) is not None:
            yield line
        if not framed and (newline >= 0 or state.since_stamp >= PART):
            _begin(state)


def _stamp(state: _Open, data: bytes) -> bytes:
    """Read a stamp from the beginning of a record, as much as is there; return what follows it."""
    head = state.head or bytearray()
    taken = data[: STAMP_LIMIT - len(head)]
    blank = taken.find(b" ")
    state.head = head + (taken if blank < 0 else taken[: blank + 1])
    if blank >= 0 or len(state.head) >= STAMP_LIMIT:
        _settle_head(state)
    return data[len(taken) if blank < 0 else blank + 1 :]


def _settle_head(state: _Open) -> None:
    """Decide what the beginning of a record is: the line's stamp, a stamp amid a long line, or text."""
    head, state.head = state.head, None
    if not head:
        return
    stamp = parse_stamp(bytes(head[:-1]))
    state.since_stamp = 0
    if stamp is None:
        state.add(bytes(head))
    elif state.stamp is None:
        state.stamp = state.latest = stamp
