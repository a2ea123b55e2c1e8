"""Rows as people read them: what an entry says, and what became of one whose end nobody noted. Pure."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from cloudkit.journal.row import Row
from cloudkit.model.entry import RUNNING, UNKNOWN, Entry

__all__ = ["entry_of", "microseconds_of", "time_of", "verdict"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def time_of(microseconds: int) -> datetime:
    """Return a point in time, where the reader is."""
    return (_EPOCH + timedelta(microseconds=microseconds)).astimezone()


def microseconds_of(time: datetime) -> int:
    """Return a point in time in microseconds since the epoch, exactly.

    >>> microseconds_of(datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC))
    1000005
    """
    return (time - _EPOCH) // timedelta(microseconds=1)


def entry_of(row: Row, *, runs: bool, elsewhere: bool = False, before: Row | None = None) -> Entry:
    """Return what a row says.

    Args:
        row: The row.
        runs: True while what wrote it is still at it.
        elsewhere: True for one that another machine wrote.
        before: The row before it; None where that is not known.
    """
    outcome = row.outcome or (RUNNING if runs else UNKNOWN)
    fate = _fate(row, elsewhere=elsewhere) if not runs and row.outcome in {None, "interrupted"} else ""
    return Entry(
        number=row.number,
        begun_at=time_of(row.begun),
        verb=row.verb,
        app=row.app,
        backend=row.backend,
        namespace=row.namespace,
        identity=row.identity,
        origin=row.origin,
        host=row.host,
        pid=row.pid,
        arguments=json.loads(row.arguments),
        plan=row.plan,
        outcome=outcome,
        error=row.error,
        duration=row.seconds,
        generation=row.generation,
        reached=row.reached,
        revision=row.revision,
        image=row.image,
        changed=row.changed,
        undoes=row.undoes,
        source=json.loads(row.source),
        note="; ".join(filter(None, (_undid(row), fate, _jump(row, before)))),
    )


def verdict(row: Row) -> str:
    """Say in words what became of a change.

    >>> row = Row(
    ...     begun=0, backend="memory", endpoint="memory", namespace="cloudkit", verb="scale", identity="ann",
    ...     origin="shell", host="here", pid=1, plan="1234", generation=4, before="a", after="b",
    ... )
    >>> verdict(row)
    'what became of it is not known'
    """
    if not row.plan or not row.settled:
        return "what became of it is not known"
    if row.wanted == row.before:
        same = row.reached in {row.generation, None}
        return "nothing was changed" if same else f"it was taken back (generation {row.reached})"
    if row.wanted == row.after:
        return f"the change was made (generation {row.reached})" if row.reached else "the app was removed"
    return f"others have changed the app since (generation {row.reached})"


def _fate(row: Row, *, elsewhere: bool) -> str:
    """Say what is known of an operation that has no end, or was interrupted."""
    if row.outcome is not None:
        return verdict(row)
    where = "of another machine" if elsewhere else "gone"
    return f"started {time_of(row.begun):%H:%M} by process {row.pid} on {row.host}, {where}; {verdict(row)}"


def _undid(row: Row) -> str:
    return f"undid entry {row.undoes}" if row.undoes is not None and row.changed else ""


def _jump(row: Row, before: Row | None) -> str:
    """Say where the clock was set back, or two machines' clocks differ."""
    if before is None or before.begun <= row.begun:
        return ""
    return f"the clock says {(before.begun - row.begun) / 1e6:.0f} s less than for entry {before.number}"
