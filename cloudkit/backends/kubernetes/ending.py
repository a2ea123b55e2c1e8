"""End what reads without end, from another thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

__all__ = ["Ending"]


class Ending:
    """Ends all watches that it is given to, at once, from any thread.

    >>> ending = Ending()
    >>> ending.end()
    >>> ending.over
    True
    """

    def __init__(self) -> None:
        self._over = Event()
        self._lock = Lock()
        self._held: list[BaseHTTPResponse] = []

    @property
    def over(self) -> bool:
        """True once it has been asked for."""
        return self._over.is_set()

    def end(self) -> None:
        """Let blocked reads return; calling it twice is no error."""
        with self._lock:
            self._over.set()
            held = list(self._held)
        for response in held:
            _cut(response)

    def pause(self, seconds: float) -> None:
        """Wait, no longer than until the end."""
        self._over.wait(seconds)

    @contextmanager
    def holding(self, response: BaseHTTPResponse) -> Iterator[None]:
        """Cut this answer, too, when the end comes."""
        with self._lock:
            self._held.append(response)
        if self.over:
            _cut(response)
        try:
            yield
        finally:
            with self._lock:
                self._held.remove(response)


def _cut(response: BaseHTTPResponse) -> None:
    with suppress(OSError, ValueError, RuntimeError):  # it has ended by itself
        response.shutdown()
