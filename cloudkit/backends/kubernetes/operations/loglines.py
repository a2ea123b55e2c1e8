"""Make lines of what a node sends of a container's log: stamped, of bounded length, whatever was printed; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cloudkit.backends.replicalogs.stamped import LINE_LIMIT, Stamped
from cloudkit.backends.replicalogs.stamps import moment, parse_stamp
from cloudkit.model.log import LogLine

__all__ = ["read_lines", "records"]

STAMP_LIMIT = 40


def read_lines(chunks: Iterable[bytes], replica: str, *, whole: bool) -> Iterator[Stamped]:
    r"""Yield the lines of a log as the API server sends it with time stamps.

    A node mixes both streams and does not say which is which, so every line is one of ``stdout``.

    Args:
        chunks: What comes, cut anywhere.
        replica: Whose log it is.
        whole: True when the end is the log's; False when a last line without its end may have been cut.

    >>> [one.line.text for one in read_lines([b"1970-01-01T00:00:01Z on", b"e\nnoise\n"], "web-1", whole=True)]
    ['one']
    """
    for stamp, text in records(chunks, whole=whole):
        words = text.removesuffix(b"\r").decode(errors="replace")
        yield Stamped(stamp, LogLine(time=moment(stamp), replica=replica, text=words))


def records(chunks: Iterable[bytes], *, whole: bool, limit: int = LINE_LIMIT) -> Iterator[tuple[int, bytes]]:
    """Yield stamp and text of each line; what has no stamp is the node's own noise, and left out."""
    begun = bytearray()  # a line that has not ended yet
    for chunk in chunks:
        ended = chunk.split(b"\n")
        rest = ended.pop()
        if ended and begun:
            ended[0] = bytes(begun) + ended[0]
            begun.clear()
        for line in ended:
            if (record := _record(line, limit)) is not None:
                yield record
        begun += rest[: limit + STAMP_LIMIT - len(begun)]
    if whole and (record := _record(bytes(begun), limit)) is not None:
        yield record


def _record(line: bytes, limit: int) -> tuple[int, bytes] | None:
    head, blank, text = line.partition(b" ")
    stamp = parse_stamp(head) if blank else None
    return None if stamp is None else (stamp, text[:limit])
