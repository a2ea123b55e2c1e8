"""Which revision a rollback goes to: the last one that was healthy, as the journal tells, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cloudkit.journal.row import Row
from cloudkit.journal.standing import applied
from cloudkit.journal.telling import time_of
from cloudkit.model.state import Revision

__all__ = ["Health", "health_of", "healthy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What is last known of a revision.

    Args:
        ready: True when it was as wanted.
        at: When, in microseconds since the epoch.
        entry: The entry that says so.
    """

    ready: bool
    at: int
    entry: int

    def __str__(self) -> str:
        """Return it in words, such as ``was ready at 2026-01-31 14:05 (entry 12)``."""
        return f"was{'' if self.ready else ' not'} ready at {time_of(self.at):%Y-%m-%d %H:%M:%S} (entry {self.entry})"


def health_of(rows: Iterable[Row]) -> dict[int, Health]:
    """Return what the changes of an app say of its revisions, since it was last made."""
    found: dict[int, Health] = {}
    for row in applied(rows):
        if row.before is None:
            found = {}
        if row.found_revision is not None and row.found_ready is not None:
            found[row.found_revision] = Health(ready=bool(row.found_ready), at=row.begun, entry=row.number)
        if row.revision is not None and row.ready is not None:
            found[row.revision] = Health(ready=bool(row.ready), at=row.ended or row.begun, entry=row.number)
    return found


def healthy(others: Sequence[Revision], known: Mapping[int, Health]) -> tuple[Revision, str]:
    """Choose the revision to go back to, and say why.

    Args:
        others: The earlier revisions, newest first; at least one.
        known: What is known of revisions.
    """
    good = next((one for one in others if one.number in known and known[one.number].ready), None)
    if good is not None:
        passed = "".join(f"; revision {one.number} {_said(known, one)}" for one in others[: others.index(good)])
        return good, f"revision {good.number}, which {known[good.number]}{passed}"
    unknown = next((one for one in others if one.number not in known), None)
    if unknown is not None:
        return (
            unknown,
            f"revision {unknown.number}, which {_said(known, unknown)}; no other is known to have been ready",
        )
    return others[0], f"revision {others[0].number}, the one before; none is known to have been ready"


def _said(known: Mapping[int, Health], one: Revision) -> str:
    return str(known[one.number]) if one.number in known else "has no entry that tells whether it was ready"
