"""The threads on which work is done, and the work that is going on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol

__all__ = ["Pool", "Stoppable"]


class Stoppable(Protocol):
    """Work that can be stopped."""

    def stop(self, *, handed: bool = False) -> None:
        """Let it end soon; with ``handed`` another goes on with it."""
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

    @contextmanager
    def keeping(self, name: str, line: str, work: Stoppable) -> Iterator[None]:
        """Remember work under its name, with the line that it carries out, while it goes on."""
        self.running[name] = (line, work)
        try:
            yield
        finally:
            self.running.pop(name, None)

    def close(self, grace: float, leave: Callable[[], object] | None = None) -> bool:
        """Take no more, wait for what goes on, then stop it; return True when all came to its own end.

        Args:
            grace: Seconds that it has.
            leave: Hands over to another what has not ended by then, in place of stopping it.
        """
        self.closing = True
        self.executor.shutdown(wait=False, cancel_futures=False)
        ended = self._wait(grace)
        if not ended:
            if leave is not None:
                leave()
            for _, work in list(self.running.values()):
                work.stop()
            self._wait(10.0)
        return ended

    def _wait(self, seconds: float) -> bool:
        ends = time.monotonic() + seconds
        with self._idle:
            return self._idle.wait_for(lambda: self._busy == 0, max(0.0, ends - time.monotonic()))

    def _done(self) -> None:
        with self._idle:
            self._busy -= 1
            self._idle.notify_all()
