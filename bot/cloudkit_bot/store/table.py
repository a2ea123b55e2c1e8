"""What each table of the bot's database stands on."""

from __future__ import annotations

import time
from collections.abc import Callable

from cloudkit.journal.database import Database

__all__ = ["Table"]


class Table:
    """A table.

    Args:
        database: What keeps it.
        clock: Seconds since the epoch.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self.clock = clock
