"""Take the engine's output apart: two streams in one, or a terminal's single one; pure and in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["STDERR", "STDOUT", "Piece", "demultiplex", "whole"]

STDOUT = 1
STDERR = 2
HEADER = 8
"""Bytes before each frame: the stream, three of zero, and the length, big-endian."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a frame.

    Args:
        stream: 1 for stdout, 2 for stderr.
        data: The bytes.
        first: True when a frame begins with it.
    """

    stream: int
    data: bytes
    first: bool = False


def demultiplex(chunks: Iterable[bytes]) -> Iterator[Piece]:
    """Yield the frames' contents as they come, however the chunks cut them.

    Source: https://docs.docker.com/reference/api/engine/ (``ContainerAttach``, stream format).

    >>> [piece.data for piece in demultiplex([bytes([1, 0, 0, 0, 0, 0, 0, 2]) + b"h", b"i"])]
    [b'h', b'i']
    """
    header, left, first, stream = b"", 0, False, STDOUT
    for chunk in chunks:
        at = 0
        while at < len(chunk):
            if not left:
                wanted = HEADER - len(header)
                header, at = header + chunk[at : at + wanted], at + wanted
                if len(header) == HEADER:
                    stream, left, first, header = header[0], int.from_bytes(header[4:]), True, b""
                continue
            data = chunk[at : at + left]
            yield Piece(stream=stream, data=data, first=first)
            at, left, first = at + len(data), left - len(data), False


def whole(chunks: Iterable[bytes]) -> Iterator[Piece]:
    """Yield a terminal's output, which has one stream and no frames."""
    for chunk in chunks:
        yield Piece(stream=STDOUT, data=chunk)
