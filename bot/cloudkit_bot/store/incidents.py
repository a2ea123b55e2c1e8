"""Incidents, and their cards. Several bots may see the same one: it is kept once, and one of them draws its card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import msgspec

from cloudkit_bot.alerts.incident import OPEN, OVER, Incident
from cloudkit_bot.store.table import Table

__all__ = ["Incidents", "Kept"]

LEASE = 60.0  # seconds in which a card is drawn, or somebody else may try
TRIES = 20  # of a change that others were faster than
_COLUMNS = "content, version, drawn, channel, message, posted, seen"
_SELECT = f"SELECT {_COLUMNS} FROM incidents"  # noqa: S608 # names of our own
_ADD = """
INSERT INTO incidents (name, key, state, content, version, drawn, channel, message, posted, seen, until)
VALUES (?, ?, ?, ?, 1, 0, '', '', 0, ?, 0) ON CONFLICT DO NOTHING RETURNING 1"""
_CHANGE = """
UPDATE incidents SET content = ?, state = ?, seen = ?, version = version + 1{hurry}
WHERE name = ? AND version = ? RETURNING 1"""
_SHOW = """
UPDATE incidents SET drawn = ?, channel = ?, message = ?, posted = ?,
until = CASE WHEN version = ? THEN ? ELSE 0 END WHERE name = ?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An incident as it is kept.

    Args:
        incident: The incident.
        version: Counts its changes.
        drawn: The version that its card shows; 0 before there is one.
        channel: Where its card is.
        message: Its card; empty where there is none.
        posted: When the card was posted.
    """

    incident: Incident
    version: int
    drawn: int
    channel: str
    message: str
    posted: float


class Incidents(Table):
    """The table of incidents."""

    def add(self, incident: Incident) -> bool:
        """Keep a new incident; return False where one with its key is open."""
        values = (incident.name, incident.sign.key, incident.state, written(incident), incident.seen)
        return bool(self._database.write((_ADD, values)))

    def find(self, name: str) -> Kept | None:
        """Return an incident; None where there is none of that name."""
        return next(iter(self._kept("WHERE name = ?", (name,))), None)

    def last(self, key: str) -> Kept | None:
        """Return the newest incident with a key."""
        return next(iter(self._kept("WHERE key = ? ORDER BY seen DESC LIMIT 1", (key,))), None)

    def open(self) -> list[Kept]:
        """Return the open incidents, the newest first."""
        return self._kept("WHERE state = ? ORDER BY seen DESC", (OPEN,))

    def since(self, when: float) -> list[Kept]:
        """Return the incidents that were seen since a time, the newest first."""
        return self._kept("WHERE seen >= ? ORDER BY seen DESC", (when,))

    def change(self, name: str, to: Callable[[Incident], Incident], *, urgent: bool = False) -> Incident | None:
        """Change an incident as it is now, whoever else changes it; return it, None where there is none.

        Args:
            name: The incident.
            to: Makes the changed one of the present one.
            urgent: True where its card is to show it at once.
        """
        for _ in range(TRIES):
            kept = self.find(name)
            if kept is None:
                return None
            changed = to(kept.incident)
            if changed == kept.incident:
                return changed
            if replace(changed, seen=kept.incident.seen) == kept.incident:  # nothing that its card shows
                self._database.write(("UPDATE incidents SET seen = ? WHERE name = ?", (changed.seen, name)))
                return changed
            if self._swap(kept, changed, urgent=urgent):
                return changed
        return None

    def _swap(self, kept: Kept, changed: Incident, *, urgent: bool) -> bool:
        hurry = ", until = 0" if urgent else ""
        values = (written(changed), changed.state, changed.seen, changed.name, kept.version)
        return bool(self._database.write((_CHANGE.format(hurry=hurry), values)))

    def due(self) -> list[Kept]:
        """Return the incidents whose card does not show them as they are, the oldest first."""
        return self._kept("WHERE drawn < version AND until <= ? ORDER BY seen", (self.clock(),))

    def claim(self, kept: Kept) -> bool:
        """Take the drawing of a card; return True for the one who got it."""
        now = self.clock()
        statement = (
            "UPDATE incidents SET until = ? WHERE name = ? AND drawn = ? AND until <= ? RETURNING 1",
            (now + LEASE, kept.incident.name, kept.drawn, now),
        )
        return bool(self._database.write(statement))

    def wait(self, kept: Kept, until: float) -> None:
        """Leave a card as it is until a time."""
        self._database.write(("UPDATE incidents SET until = ? WHERE name = ?", (until, kept.incident.name)))

    def show(self, kept: Kept, channel: str, message: str, pause: float) -> None:
        """Keep where a card is and what it shows; it is not drawn again before a pause, unless that is urgent."""
        now = self.clock()
        values = (kept.version, channel, message, kept.posted or now, kept.version, now + pause, kept.incident.name)
        self._database.write((_SHOW, values))

    def skip(self, kept: Kept) -> None:
        """Keep that an incident needs no card as it is now."""
        self._database.write(("UPDATE incidents SET drawn = ? WHERE name = ?", (kept.version, kept.incident.name)))

    def posted(self, since: float) -> int:
        """Return how many cards were posted since a time."""
        ((count,),) = self._database.read(("SELECT count(*) FROM incidents WHERE posted >= ?", (since,)))
        return int(str(count))

    def forget(self, before: float) -> None:
        """Forget what was over before a time."""
        self._database.write(("DELETE FROM incidents WHERE state = ? AND seen < ?", (OVER, before)))

    def _kept(self, where: str, values: Sequence[object]) -> list[Kept]:
        return [kept_of(row) for row in self._database.read((f"{_SELECT} {where}", values))]


def written(incident: Incident) -> str:
    return msgspec.json.encode(incident).decode()


def kept_of(row: Sequence[object]) -> Kept:
    content, version, drawn, channel, message, posted, seen = row
    return Kept(
        incident=replace(msgspec.json.decode(str(content), type=Incident), seen=float(str(seen))),
        version=int(str(version)),
        drawn=int(str(drawn)),
        channel=str(channel),
        message=str(message),
        posted=float(str(posted)),
    )
