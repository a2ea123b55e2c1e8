"""Deliveries that were acted on, by any of the bots that share a store."""

from __future__ import annotations

import time
from collections.abc import Callable

from cloudkit.journal.database import Database

__all__ = ["Deliveries"]

KEPT = 900.0  # seconds, three times as long as a signature is good for


class Deliveries:
    """The table of deliveries.

    Args:
        database: What keeps them.
        clock: Seconds since the epoch.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self.clock = clock

    def first(self, name: str) -> bool:
        """Return True for the first who asks about a delivery."""
        statement = "INSERT INTO deliveries (name, until) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING 1"
        return bool(self._database.write((statement, (name, self.clock() + KEPT))))

    def forget(self) -> None:
        """Forget those that can come no more."""
        self._database.write(("DELETE FROM deliveries WHERE until <= ?", (self.clock(),)))
