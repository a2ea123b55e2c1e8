"""Something that is done again and again on a thread of its own, whatever goes wrong with it at times."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread

from cloudkit.errors import CloudkitError
from cloudkit_bot.sending import Unsent

__all__ = ["Rounds"]

LOGGER = logging.getLogger("cloudkit_bot")
LONGEST = 60.0  # seconds between two tries of what fails, where nothing else is said


class Rounds:
    """Does some work, waits, and does it again.

    Args:
        name: What the thread is called.
        work: What is done.
        pause: Seconds between two rounds; after each failure twice as long.
        longest: Seconds up to which failures make that longer.
    """

    def __init__(self, name: str, work: Callable[[], object], pause: float, *, longest: float = LONGEST) -> None:
        self.work = work
        self.pause = pause
        self.longest = longest
        self.failures = 0
        self._ending, self._wake = Event(), Event()
        self._thread = Thread(target=self._go, name=f"cloudkit-bot-{name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Let the next round begin now."""
        self._wake.set()

    def stop(self) -> None:
        """End after the round that goes on; it is waited for, a while."""
        self._ending.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(10.0)

    def _go(self) -> None:
        while not self._ending.is_set():
            self._round()
            self._wake.wait(max(self.pause, min(self.longest, self.pause * 2.0 ** min(self.failures, 10))))
            self._wake.clear()

    def _round(self) -> None:
        try:
            self.work()
            self.failures = 0
        except (CloudkitError, Unsent) as error:
            self.failures += 1
            LOGGER.warning("%s: %s", self._thread.name, error)
        except Exception:  # the thread goes on
            self.failures += 1
            LOGGER.exception("%s failed", self._thread.name)
