"""The threads on which work is done, and the work that is going on."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

__all__ = ["Pool", "Stoppable"]


class Stoppable(Protocol):
    """Work that can be stopped."""

    def stop(self) -> None:
        """Let it end soon."""
        ...


class Pool:
    """Does work, tells what goes on, and comes to an end.

    Args:
        workers: How much is done at once.
    """

    def __init__(self, workers: int) -> None:
        self.executor = ThreadPoolExecutor(workers, thread_name_prefix="cloudkit-bot")
        self.running: dict[str, tuple[str, Stoppable]] = {}
        self._busy = 0
        self._idle = threading.Condition()
        self.closing = False

    def submit(self, work: Callable[[], object]) -> Future[object]:
        """Do something soon.

        Raises:
            RuntimeError: The pool is closed.
        """
        with self._idle:
            self._busy += 1
        try:
            future = self.executor.submit(work)
        except RuntimeError:
            self._done()
            raise
        future.add_done_callback(lambda _future: self._done())
        return future

    @property
    def busy(self) -> int:
        """How much is going on or waits."""
        return self._busy

    def name(self) -> str:
        """Return a new name for work that can be stopped."""
        return secrets.token_hex(8)

    def keep(self, name: str, line: str, work: Stoppable) -> None:
        """Remember work under its name, with the line that it carries out."""
        self.running[name] = (line, work)

    def forget(self, name: str) -> None:
        """Forget work that is over."""
        self.running.pop(name, None)

    def close(self, grace: float) -> bool:
        """Take no more, wait for what goes on, then stop it; return True when all came to its own end."""
        self.closing = True
        self.executor.shutdown(wait=False, cancel_futures=False)
        ended = self._wait(grace)
        if not ended:
            for _, work in list(self.running.values()):
                work.stop()
            self._wait(5.0)
        return ended

    def _wait(self, seconds: float) -> bool:
        ends = time.monotonic() + seconds
        with self._idle:
            return self._idle.wait_for(lambda: self._busy == 0, max(0.0, ends - time.monotonic()))

    def _done(self) -> None:
        with self._idle:
            self._busy -= 1
            self._idle.notify_all()
