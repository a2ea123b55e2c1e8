"""A moment at which work ends, however slowly the other side answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Self

__all__ = ["Deadline", "Until"]


class Deadline:
    """The end of a piece of work.

    Args:
        seconds: How long it may take from now.
        clock: Where the time comes from.

    >>> Deadline(60).passed
    False
    """

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    @property
    def left(self) -> float:
        """Seconds that are left, at least 0."""
        return max(0.0, self._end - self._clock())

    @property
    def passed(self) -> bool:
        """True once it is over."""
        return self.left <= 0

    def timeouts(self, patience: float) -> dict[str, Until]:
        """Return the timeouts of one request: ``patience`` seconds for each step, and never beyond the end."""
        return {step: Until(patience, self) for step in ("connect", "read", "write", "pool")}


class Until(float):
    """A timeout of one read or write that shrinks as its deadline comes near.

    The HTTP library hands a request's timeout down to the socket unchanged, and asks the socket again for every
    piece that comes; a peer that sends one byte a second would never meet a fixed timeout.
    """

    __slots__ = ("deadline",)
    deadline: Deadline

    def __new__(cls, seconds: float, deadline: Deadline) -> Self:
        """Make a timeout of ``seconds`` that knows its deadline."""
        made = super().__new__(cls, seconds)
        made.deadline = deadline
        return made

    @property
    def left(self) -> float:
        """Seconds that the next step may take."""
        return min(float(self), self.deadline.left)
