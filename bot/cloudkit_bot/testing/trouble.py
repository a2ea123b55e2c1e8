"""Slack in trouble, on demand."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from threading import Event, Lock

from cloudkit_bot.testing.refusal import Refusal

__all__ = ["Trouble", "Troubles"]


@dataclass(slots=True, kw_only=True)
class Trouble:
    """What goes wrong with the next calls of some methods.

    Args:
        methods: Their names, such as ``chat.*``.
        times: With how many calls; None with all of them.
        error: Slack's word for it; empty where nothing is answered wrong.
        status: The HTTP status.
        retry_after: Seconds, for a rate limit.
        delay: Seconds before the answer.
        drop: True closes the connection with no answer.
    """

    methods: str
    times: int | None = 1
    error: str = ""
    status: int = 200
    retry_after: int | None = None
    delay: float = 0.0
    drop: bool = False


class Troubles:
    """Which troubles there are now."""

    def __init__(self) -> None:
        self._there: list[Trouble] = []
        self._lock = Lock()
        self._over = Event()

    def make(self, trouble: Trouble) -> Trouble:
        """Let something go wrong."""
        with self._lock:
            self._there.append(trouble)
        return trouble

    def end(self) -> None:
        """Let everything go well again, and answer what waits."""
        with self._lock:
            self._there.clear()
        self._over.set()

    def meet(self, method: str) -> bool:
        """Let a call meet its trouble, and return True when it gets no answer.

        Raises:
            Refusal: Its answer.
        """
        trouble = self._next(method)
        if trouble is None:
            return False
        if trouble.delay:
            self._over.wait(trouble.delay)
        if trouble.error or trouble.status != 200:
            raise Refusal(trouble.error, status=trouble.status, retry_after=trouble.retry_after)
        return trouble.drop

    def _next(self, method: str) -> Trouble | None:
        with self._lock:
            found = next((one for one in self._there if fnmatch.fnmatch(method, one.methods)), None)
            if found is not None and found.times is not None:
                found.times -= 1
                if not found.times:
                    self._there.remove(found)
            return found
