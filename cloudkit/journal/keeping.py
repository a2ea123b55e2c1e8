"""Which entries may go, so that undo and rollback still find what they need: pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from cloudkit.journal.row import Row
from cloudkit.journal.standing import applied

__all__ = ["removable"]


def removable(rows: Iterable[Row], before: int, revisions: Mapping[str, Collection[int]]) -> list[Row]:
    """Return the rows that may go, in order.

    Of an app the rows go from the oldest on, up to the first one that is still needed: an operation that has no end,
    the change that ``undo`` would take back, and what says of a revision that is there whether it was healthy.

    Args:
        rows: All rows of a place, in order.
        before: Those that ended before then may go, in microseconds since the epoch.
        revisions: The numbers of the revisions that each app can go back to.
    """
    of_app = defaultdict[str, list[Row]](list)
    for row in rows:
        of_app[row.app].append(row)
    gone = [row for app, own in of_app.items() for row in own[: kept_from(own, before, revisions.get(app, ()))]]
    return sorted(gone, key=lambda row: row.number)


def kept_from(rows: Sequence[Row], before: int, revisions: Collection[int]) -> int:
    """Return the place of the first row of an app that stays."""
    needed = needed_of(rows, revisions)
    stays = (place for place, row in enumerate(rows) if row.number in needed or not over(row, before))
    return next(stays, len(rows))


def over(row: Row, before: int) -> bool:
    """True for what has ended, is settled, and is old."""
    return row.ended is not None and row.ended < before and bool(row.settled or not row.plan)


def needed_of(rows: Sequence[Row], revisions: Collection[int]) -> set[int]:
    """Return the numbers of the rows that undo and rollback read."""
    changes = list(applied(rows))
    undone = {row.undoes for row in changes if row.changed}
    open_to_undo = [row for row in changes if row.changed and row.undoes is None and row.number not in undone]
    needed = {row.number for row in (*changes[-1:], *open_to_undo[-1:])}
    telling = {number: row.number for row in changes for number in told_of(row) if number in revisions}
    return needed | set(telling.values())


def told_of(row: Row) -> set[int]:
    """Return the revisions of which a row says whether they were healthy."""
    found = {row.found_revision} if row.found_ready is not None else set[int | None]()
    left = {row.revision} if row.ready is not None else set[int | None]()
    return {number for number in found | left if number is not None}
