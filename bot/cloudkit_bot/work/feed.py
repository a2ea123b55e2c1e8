"""What is told in the thread while work goes on: what the app prints, and how far its rollout is."""

from __future__ import annotations

import logging
from collections import deque
from threading import Event, Lock, Thread

from cloudkit.model.progress import Progress
from cloudkit_bot.sending import Unsent
from cloudkit_bot.work.below import Below
from cloudkit_bot.work.printed import Printed

__all__ = ["Feed"]

LOGGER = logging.getLogger("cloudkit_bot")
AFTER = 3.0  # seconds that work goes on before anything is told of it below its message
PAUSE = 2.0  # seconds between two of the messages or edits
BATCH = 40  # lines that are told at once
WAITING = 400  # lines that wait to be told
MOST = 1_000  # lines of one work; what comes then is left out
LAST = 10.0  # seconds that the last lines may take


class Feed:
    """Tells lines below the message of work, at a bounded rate, and no more than a person would read.

    Args:
        printed: What the app prints.
        after: Seconds of work before which nothing is told.
        pause: Seconds between two looks.
    """

    def __init__(self, printed: Printed, *, after: float = AFTER, pause: float = PAUSE) -> None:
        self.printed = printed
        self.after = after
        self.pause = pause
        self._lines: deque[str] = deque(maxlen=WAITING)
        self._left_out = self._told = 0
        self._lock, self._over = Lock(), Event()
        self._below: Below | None = None
        self._pen = Thread(target=self._write, name="cloudkit-bot-feed", daemon=True)

    def begin(self, below: Below) -> None:
        """Tell from now on, once the work has gone on for a while."""
        self._below = below
        self._pen.start()

    def hear(self, event: Progress) -> None:
        """Take what the work tells of itself."""
        text = event.log or (f"{event.item}: {event.message}" if event.message else "")
        if text:
            self._put([text])

    def over(self) -> None:
        """Take that the work has ended."""
        self._over.set()

    def end(self) -> None:
        """Tell the last lines, and wait for that, but not for long."""
        self._over.set()
        if self._pen.ident is not None:
            self._pen.join(LAST)

    def _write(self) -> None:
        self.printed.begin()
        if self._over.wait(self.after) or self._below is None:
            return
        while True:
            last = self._over.is_set()
            self._put([f"{line.replica} | {line.text}" for line in self.printed.fresh()])
            self._tell(self._below)
            if last:
                self._below.end()
                return
            self._over.wait(self.pause)

    def _put(self, lines: list[str]) -> None:
        with self._lock:
            before = len(self._lines)
            self._lines.extend(lines)
            self._left_out += before + len(lines) - len(self._lines)

    def _tell(self, below: Below) -> None:
        """Tell the lines that came last; how many were left out is told with them."""
        with self._lock:
            lines, left = list(self._lines), self._left_out
        if not lines or self._told >= MOST:
            return
        shown = lines[-BATCH:]
        left += len(lines) - len(shown)
        told = [*([f"... {left} lines are left out"] if left else []), *shown]
        self._told += len(shown)
        if self._told >= MOST:
            told.append("... what comes now is left out")
        try:
            below.tell(told)
        except Unsent as unsent:  # they are told by the next look
            self._told -= len(shown)
            LOGGER.info("lines could not be told yet: %s", unsent.word)
            return
        with self._lock:
            for _ in range(min(len(lines), len(self._lines))):
                self._lines.popleft()
            self._left_out = 0
