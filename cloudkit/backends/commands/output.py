"""Keep the end of what a command prints, in bounded memory."""

from __future__ import annotations

from collections import deque

__all__ = ["KEPT", "Tail"]

KEPT = 16 << 20
"""Bytes of output that a result keeps."""


class Tail:
    """The last bytes of an output.

    >>> tail = Tail(limit=4)
    >>> tail.add(b"abc")
    >>> tail.add(b"def")
    >>> tail.text, tail.truncated
    ('cdef', True)
    """

    def __init__(self, limit: int = KEPT) -> None:
        self._limit = limit
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self.truncated = False

    def add(self, data: bytes) -> None:
        """Add what was printed next."""
        self._pieces.append(data)
        self._size += len(data)
        while self._size > self._limit:
            surplus = self._size - self._limit
            first = self._pieces.popleft()
            if len(first) > surplus:
                self._pieces.appendleft(first[surplus:])
            self._size -= min(surplus, len(first))
            self.truncated = True

    @property
    def text(self) -> str:
        """What is kept, decoded with replacement."""
        return b"".join(self._pieces).decode(errors="replace")
