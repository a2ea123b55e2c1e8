"""The way back: which change is the last one, and the plan to what was wanted before it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from cloudkit.backends.protocol import Backend
from cloudkit.errors import ConflictError, NotFoundError, UnsupportedError
from cloudkit.journal.journal import Journal
from cloudkit.journal.row import Row
from cloudkit.journal.standing import applied
from cloudkit.journal.telling import time_of
from cloudkit.model.app import AppSpec
from cloudkit.model.plan import Plan

__all__ = ["Undo"]


@dataclass(frozen=True, slots=True)
class Undo:
    """A change that is to be undone.

    Args:
        journal: What has it.
        row: The change.
        last: The journal's last change of the app.
    """

    journal: Journal
    row: Row
    last: Row

    @classmethod
    def of_last(cls, journal: Journal, app: str | None) -> Self:
        """Return the last change that is not undone; an undo is none of its own.

        Raises:
            NotFoundError: There is none.
            ConflictError: One has no end yet.
        """
        rows = list(applied(journal.changes(app)))
        _refuse_open(journal, rows)
        undone = {row.undoes for row in rows if row.changed}
        changes = [row for row in rows if row.changed and row.undoes is None and row.number not in undone]
        if not changes:
            what = "of any app" if app is None else f"of app {app!r}"
            raise NotFoundError(f"the journal has no change {what} that could be undone", hint="cloudkit history")
        row = changes[-1]
        return cls(journal, row, next(one for one in reversed(rows) if one.app == row.app))

    @property
    def app(self) -> str:
        """The app's name."""
        return self.row.app

    @property
    def number(self) -> int:
        """The number of the change's entry."""
        return self.row.number

    def __str__(self) -> str:
        """Return what is undone, such as ``undoes entry 3, scale by ann at 2026-01-31 14:05:00``."""
        row = self.row
        return f"undoes entry {row.number}, {row.verb} by {row.identity} at {time_of(row.begun):%Y-%m-%d %H:%M:%S}"

    def plan(self, backend: Backend, *, force: bool) -> Plan:
        """Return the plan to what was wanted before.

        Args:
            backend: What plans.
            force: True goes back though the app was changed otherwise since.

        Raises:
            ConflictError: The app was changed otherwise since.
            JournalError: What was secret is kept nowhere any more.
            UnsupportedError: It has made an app of what somebody else had made, and that is gone.
        """
        self._refuse_adopted()
        spec = self._former()
        plan = backend.plan_delete(self.app) if spec is None else self._planned(backend, spec)
        if not force and plan.generation != self.last.reached and not self._followed_its_load(plan.before):
            message = (
                f"app {self.app!r} was changed since, not through this journal: "
                f"generation {plan.generation} is there, {self.last.reached} was left"
            )
            raise ConflictError(message, hint=f"cloudkit undo {self.app} --force, which takes that change back, too")
        return plan

    def _planned(self, backend: Backend, spec: AppSpec) -> Plan:
        """Return the plan to a spec; the number of an app that follows its load, before and now, stays as it is."""
        plan = backend.plan(spec)
        if plan.before is None or plan.before.autoscale is None or spec.autoscale is None:
            return plan
        return backend.plan(spec.replace(replicas=plan.before.replicas))

    def _followed_its_load(self, present: AppSpec | None) -> bool:
        """True where nothing but the number has changed since, as the load asked for it."""
        if present is None or present.autoscale is None or self.last.wanted is None:
            return False
        sealer, store = self.journal.sealer, self.journal.store
        left = sealer.opened(store.spec(self.last.wanted))
        return sealer.opened(sealer.sealed(present)[1]).replace(replicas=left.replicas) == left

    def _refuse_adopted(self) -> None:
        """Refuse to take away what ran before it was an app: the way back would end it."""
        if self.row.verb == "adopt":
            message = f"app {self.app!r} was adopted: what had made it is gone, so that undoing would end what it runs"
            raise UnsupportedError(message, capability="undo", hint=f"cloudkit delete {self.app}, if it shall go")

    def _former(self) -> AppSpec | None:
        """Return what was wanted before, with its secrets and files; None when the app was not there."""
        if self.row.before is None:
            return None
        return self.journal.sealer.restored(self.journal.store.spec(self.row.before), self._kept())

    def _kept(self) -> Iterator[AppSpec]:
        """Yield the specs of the app that the backend has, with what belongs to them."""
        with suppress(NotFoundError):  # an app that is gone keeps nothing
            yield self.journal.backend.get(self.app).spec
            yield from (revision.spec for revision in self.journal.backend.revisions(self.app))


def _refuse_open(journal: Journal, rows: list[Row]) -> None:
    """Refuse while a change is under way, or it is not known what became of one."""
    found = next((row for row in reversed(rows) if not row.settled), None)
    if found is not None:
        (what,) = journal.entries([found])
        message = f"entry {what.number} has no end yet: {what.words}, by {what.identity} ({what.outcome})"
        raise ConflictError(
            message, hint=f"cloudkit wait {what.app}; or undo what was done to another app, by its name"
        )
