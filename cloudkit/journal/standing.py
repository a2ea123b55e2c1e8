"""What was wanted of each app at a time, from the changes in their order: pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cloudkit.journal.row import Row
from cloudkit.journal.telling import time_of

__all__ = ["Standing", "applied", "standing_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What was wanted of an app.

    Args:
        wanted: The digest of the spec; None when the app was not there.
        row: The change that made it so; None for what was there before the journal, or came about without it.
        note: What is to be said besides.
    """

    wanted: str | None
    row: Row | None = None
    note: str = ""


def standing_at(rows: Iterable[Row], when: int, live: Mapping[str, str]) -> dict[str, Standing]:
    """Return what was wanted of each app that the journal or the backend knows.

    Args:
        rows: The changes of a place, in order.
        when: Microseconds since the epoch.
        live: The digest of what is wanted now of each app that is there.
    """
    of_app = defaultdict(list)
    for row in applied(rows):
        of_app[row.app].append(row)
    unknown = {name: Standing(wanted=wanted, note="not in the journal: as it is now") for name, wanted in live.items()}
    return unknown | {name: _standing(changes, when, live.get(name)) for name, changes in of_app.items()}


def applied(rows: Iterable[Row]) -> Iterable[Row]:
    """Leave out the changes that were refused, as another writer was faster."""
    return (row for row in rows if row.plan and row.outcome != "conflict")


def _standing(changes: list[Row], when: int, now: str | None) -> Standing:
    """Return what was wanted after the last change that had begun by then."""
    begun = [index for index, row in enumerate(changes) if row.begun <= when]
    if not begun:
        return Standing(wanted=changes[0].before, note="as it was before the journal's first entry of it")
    index = begun[-1]
    row = changes[index]
    if not row.settled:
        return Standing(wanted=row.after, row=row, note="as the change wants it that is under way")
    following = changes[index + 1] if index + 1 < len(changes) else None
    found = now if following is None else following.before
    return Standing(wanted=row.wanted, row=row, note=_elsewhere(row, following) if found != row.wanted else "")


def _elsewhere(row: Row, following: Row | None) -> str:
    """Say that something else was found later on than this change had left."""
    before = "since" if following is None else f"before {time_of(following.begun):%Y-%m-%d %H:%M:%S}"
    return f"changed after entry {row.number} and {before}, not through this journal"
