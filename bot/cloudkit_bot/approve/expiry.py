"""What ends approvals that nobody has given in time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread

__all__ = ["Expiry"]

LOGGER = logging.getLogger("cloudkit_bot")
PAUSE = 1.0  # seconds between two looks


class Expiry:
    """Looks again and again, until it is closed.

    Args:
        look: What is done each time.
        pause: Seconds between two times.
    """

    def __init__(self, look: Callable[[], None], pause: float = PAUSE) -> None:
        self._look = look
        self._pause = pause
        self._closed = Event()
        self._thread = Thread(target=self._run, name="cloudkit-bot-expiry", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._closed.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._closed.wait(self._pause):
            try:
                self._look()
            except Exception:  # a store that is down for a while is looked at again
                LOGGER.exception("approvals could not be looked at")
