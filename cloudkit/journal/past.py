"""What was wanted before, and what differs between two times."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from cloudkit.errors import CloudkitError
from cloudkit.journal.journal import Journal
from cloudkit.journal.row import Row
from cloudkit.journal.standing import Standing, applied, standing_at
from cloudkit.journal.telling import microseconds_of, time_of
from cloudkit.model.app import AppSpec
from cloudkit.model.entry import Difference, Wanted

__all__ = ["Looking"]


@dataclass(frozen=True)
class Looking:
    """One look back, with what is there now.

    Args:
        journal: What is noted.
        now: The present; what was wanted then, and later, is what the backend says.
    """

    journal: Journal
    now: datetime

    def at(self, when: datetime) -> tuple[Wanted, ...]:
        """Return what was wanted of each app at a time, by name."""
        found = self._standings(when)
        return tuple(
            self._wanted(found[name], self._spec(digest))
            for name in sorted(found)
            if (digest := found[name].wanted) is not None
        )

    def between(self, earlier: datetime, later: datetime, name: str | None = None) -> tuple[Difference, ...]:
        """Return what differs in what was wanted at two times.

        Args:
            earlier: The first time.
            later: The second time.
            name: Of this app alone.
        """
        one, other = self._standings(earlier), self._standings(later)
        names = sorted(app for app in {*one, *other} if name in {None, app})
        nothing = Standing(wanted=None)
        pairs = ((app, one.get(app, nothing).wanted, other.get(app, nothing).wanted) for app in names)
        return tuple(
            Difference(
                name=app,
                earlier=earlier,
                later=later,
                before=None if before is None else self._spec(before),
                after=None if after is None else self._spec(after),
                entries=tuple(self.journal.entries(self._within(app, earlier, later))),
            )
            for app, before, after in pairs
            if before != after
        )

    @cached_property
    def _rows(self) -> list[Row]:
        return self.journal.changes()

    @cached_property
    def _live(self) -> Mapping[str, tuple[str, str]]:
        """The digest and the content of what is wanted now of each app; of none where nobody answers."""
        with suppress(CloudkitError):
            return {state.name: self.journal.sealer.sealed(state.spec) for state in self.journal.backend.apps()}
        return {}

    def _standings(self, when: datetime) -> Mapping[str, Standing]:
        live = {name: digest for name, (digest, _) in self._live.items()}
        if when < self.now:
            return standing_at(self._rows, microseconds_of(when), live)
        last = {row.app: row for row in applied(self._rows)}
        return {name: self._present(digest, last.get(name)) for name, digest in live.items()}

    def _present(self, digest: str, last: Row | None) -> Standing:
        return Standing(wanted=digest, row=last if last is not None and last.wanted == digest else None)

    def _wanted(self, standing: Standing, spec: AppSpec) -> Wanted:
        row = standing.row
        since, entry = (None, None) if row is None else (time_of(row.begun), row.number)
        return Wanted(spec=spec, since=since, entry=entry, note=standing.note)

    def _spec(self, digest: str) -> AppSpec:
        content = next((content for known, content in self._live.values() if known == digest), None)
        return self.journal.sealer.opened(content or self.journal.store.spec(digest))

    def _within(self, app: str, earlier: datetime, later: datetime) -> list[Row]:
        """Return the changes of an app between two times."""
        first, last = microseconds_of(earlier), microseconds_of(later)
        return [row for row in self._rows if row.app == app and row.changed and first < row.begun <= last]
