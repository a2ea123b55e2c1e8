"""Deliveries that were acted on, by any of the bots that share a store."""

from __future__ import annotations

from cloudkit_bot.store.table import Table

__all__ = ["Deliveries"]

KEPT = 900.0  # seconds, three times as long as a signature is good for


class Deliveries(Table):
    """The table of deliveries."""

    def first(self, name: str) -> bool:
        """Return True for the first who asks about a delivery."""
        statement = "INSERT INTO deliveries (name, until) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING 1"
        return bool(self._database.write((statement, (name, self.clock() + KEPT))))

    def forget(self) -> None:
        """Forget those that can come no more."""
        self._database.write(("DELETE FROM deliveries WHERE until <= ?", (self.clock(),)))
