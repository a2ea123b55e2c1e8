"""Tell a listener line by line what a command prints."""

from __future__ import annotations

from collections.abc import Iterable

from cloudkit.backends.commands.output import Tail
from cloudkit.model.progress import Listener, Phase, Progress

__all__ = ["LINE_LIMIT", "tell_lines"]

LINE_LIMIT = 65536
"""Bytes of a line that are told; the rest of it is in the output alone."""


def tell_lines(pieces: Iterable[bytes], output: Tail, *, listener: Listener, item: str) -> None:
    """Add what comes to an output, and tell each line of it when it ends.

    Args:
        pieces: What is printed, cut anywhere.
        output: Where it is kept.
        listener: Hears of each line.
        item: Whose lines they are.
    """

    def tell(text: bytes | bytearray) -> None:
        words = bytes(text[:LINE_LIMIT]).removesuffix(b"\r").decode(errors="replace")
        listener(Progress(phase=Phase.NOTICE, item=item, log=words))

    line = bytearray()
    for data in pieces:
        output.add(data)
        *ended, rest = data.split(b"\n")
        for part in ended:
            tell(line + part)
            line.clear()
        line += rest[: max(0, LINE_LIMIT - len(line))]
    if line:
        tell(line)
