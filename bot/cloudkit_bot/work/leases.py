"""Who does what: each bot holds the lease of its own work, and takes up what another has left."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread

from cloudkit.errors import JournalError
from cloudkit_bot.store.works import Work, Works

__all__ = ["LEASE", "Leases"]

LOGGER = logging.getLogger("cloudkit_bot")
LEASE = 15.0  # seconds after which a bot that says nothing is taken to be gone
BEATS = 5  # times that a lease is renewed before it would end
KEPT = 86_400.0  # seconds that what has ended is remembered
TIDY = 60.0  # seconds between two looks for what is to be forgotten


class Leases:
    """The work of one bot among several over one store.

    Args:
        works: The table.
        realm: What bots have in common that may take up each other's work: their workspace, and where they act.
        tidy: Forgets what else the store need not remember.
        seconds: How long a lease lasts.
    """

    def __init__(
        self, works: Works, realm: str, *, seconds: float = LEASE, tidy: Callable[[], object] = lambda: None
    ) -> None:
        self.works = works
        self.realm = realm
        self.owner = f"{realm}/{secrets.token_hex(6)}"
        self.seconds = seconds
        self.tidy = tidy
        self.taking = True  # until the bot is being stopped
        self._over = Event()
        self._thread: Thread | None = None

    def start(self, halted: Callable[[str], object], left: Callable[[Work], object]) -> None:
        """Renew from now on.

        Args:
            halted: Is told the name of work of this bot that somebody has stopped.
            left: Takes up work that has nobody any more; it is this bot's by then.
        """
        self._thread = Thread(target=self._beat, args=(halted, left), name="cloudkit-bot-leases", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Renew no more."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(5.0)

    def release(self, name: str) -> None:
        """Let go of work that another is to go on with; where the store does not answer, its lease ends by itself."""
        with suppress(JournalError):
            self.works.release(name, self.owner, f"{self.realm}/")

    @property
    def until(self) -> float:
        """When a lease ends that is taken now."""
        return self.works.clock() + self.seconds

    def look(self, halted: Callable[[str], object], left: Callable[[Work], object]) -> None:
        """Renew once, hear what was stopped, and take up what was left."""
        self.works.renew(self.owner, self.seconds)
        for work in self.works.mine(self.owner):
            if work.halted:
                halted(work.name)
        for work in self.works.left() if self.taking else ():
            if work.owner.rpartition("/")[0] == self.realm and self.works.claim(work.name, self.owner, self.seconds):
                LOGGER.info("work %s is taken up", work.name)
                left(work)

    def _beat(self, halted: Callable[[str], object], left: Callable[[Work], object]) -> None:
        forgotten = time.monotonic()
        while True:
            try:
                self.look(halted, left)
                if time.monotonic() - forgotten > TIDY:
                    forgotten = time.monotonic()
                    self.works.forget(self.works.clock() - KEPT)
                    self.tidy()
            except JournalError as error:  # it is tried again before the leases end
                LOGGER.warning("the store does not answer: %s", error.summary)
            if self._over.wait(self.seconds / BEATS):
                return
