"""What a store has of one place, with what its open ends have become."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from cloudkit.backends.protocol import Backend
from cloudkit.errors import CloudkitError, NotFoundError
from cloudkit.journal.keeping import removable
from cloudkit.journal.opening import place_of
from cloudkit.journal.process import Process
from cloudkit.journal.row import Place, Row
from cloudkit.journal.seal import Sealer
from cloudkit.journal.store import Store
from cloudkit.journal.telling import entry_of, microseconds_of
from cloudkit.journal.writing import OPEN
from cloudkit.model.entry import Entry
from cloudkit.model.frozen import changed

__all__ = ["Journal"]

DAY = 86_400 * 1_000_000  # microseconds


@dataclass(frozen=True, slots=True)
class Journal:
    """The entries of one namespace of one engine or cluster.

    Args:
        store: What keeps them.
        backend: What they are about; looked at where an entry has no end.
    """

    store: Store
    backend: Backend

    @property
    def place(self) -> Place:
        """What its entries are about."""
        return place_of(self.backend)

    @property
    def sealer(self) -> Sealer:
        """What makes and reads its specs."""
        return Sealer(self.store.salt)

    def history(
        self,
        app: str | None = None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        last: int | None = None,
    ) -> tuple[Entry, ...]:
        """Return entries, the newest first.

        Args:
            app: Only those of this app.
            since: Only those that began then or later.
            until: Only those that began then or before.
            last: So many at most.
        """
        first, end = (None if time is None else microseconds_of(time) for time in (since, until))
        rows = self.settled(self.store.rows(self.place, app=app, since=first, until=end, last=last))
        return tuple(self.entries(rows))[::-1]

    def prune(self, before: datetime) -> tuple[Entry, ...]:
        """Remove entries that ended before then, but for what undo and rollback need; return them, the newest first."""
        rows = self.settled(self.store.rows(self.place))
        apps = [state.name for state in self.backend.apps()]
        revisions = {app: {one.number for one in self.backend.revisions(app)} for app in apps}
        gone = removable(rows, microseconds_of(before), revisions)
        entries = tuple(self.entries(gone))[::-1]
        if gone:
            self.store.remove([row.number for row in gone])
        return entries

    def entries(self, rows: Sequence[Row]) -> Iterator[Entry]:
        """Return what rows say, which follow one another."""
        for row, before in zip(rows, [None, *rows], strict=False):
            process = _writer(row)
            yield entry_of(row, runs=self._runs(row), elsewhere=process.gone is None, before=before)

    def settled(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows with what became of those that have no known end; what is found out is noted."""
        return [self._settle(row) if row.plan and not row.settled and not self._runs(row) else row for row in rows]

    def changes(self, app: str | None = None) -> list[Row]:
        """Return the rows of changes, in order."""
        return self.settled(self.store.rows(self.place, app=app, plans=True))

    def _runs(self, row: Row) -> bool:
        """Say whether what began an entry is still at it."""
        if row.ended is not None:
            return False
        if (self.store.where, row.number) in OPEN:
            return True
        process = _writer(row)
        return process.gone is False and not process.here

    def _settle(self, row: Row) -> Row:
        """Note what became of a change: as the next one found it, or as it is now."""
        later = self.store.rows(self.place, app=row.app, plans=True)
        following = next((one for one in later if one.number > row.number), None)
        if following is not None:
            values: dict[str, object] = {"settled": 1, "reached": following.generation, "wanted": following.before}
            self._note(row, values, {})
            return changed(row, values)
        if row.ended is None and _writer(row).gone is None and not self._old(row):
            return row  # another machine may still be at it
        return self._looked_at(row)

    def _looked_at(self, row: Row) -> Row:
        specs: dict[str, str] = {}
        try:
            state = self.backend.get(row.app)
            digest, content = self.sealer.sealed(state.spec)
            specs[digest] = content
            values: dict[str, object] = {"settled": 1, "reached": state.generation, "wanted": digest}
            values |= {"revision": state.revision, "image": str(state.spec.image.digest or "")}
        except NotFoundError:
            values = {"settled": 1, "reached": 0, "wanted": None}
        except CloudkitError:
            return row  # what is not reached now is looked at by the next reader
        self._note(row, values, specs)
        return changed(row, values)

    def _note(self, row: Row, values: dict[str, object], specs: dict[str, str]) -> None:
        with suppress(CloudkitError):  # a reader may be unable to write
            self.store.change(row.number, values, specs)

    def _old(self, row: Row) -> bool:
        rows = self.store.rows(self.place, last=1)
        return bool(rows) and rows[-1].begun - row.begun > DAY


def _writer(row: Row) -> Process:
    return Process(host=row.host, pid=row.pid, mark=row.process)
