"""What is wanted of one app, what was wanted before, and the replicas that are there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from cloudkit.backends.memory.container import Container
from cloudkit.backends.memory.journal import AppKey
from cloudkit.model.app import AppSpec
from cloudkit.model.state import Revision

__all__ = ["KEPT", "Record", "Revised", "numbered"]

KEPT = 10  # revisions that can come back


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """What replicas are made from: a spec, its revision, and the run of a cron that they belong to."""

    spec: AppSpec
    revision: int
    run: str = ""


@dataclass(slots=True, kw_only=True, eq=False)
class Record:
    """The state of one app, as the engine keeps it.

    Args:
        app: The app.
        spec: What is wanted.
        generation: Counts the changes of the spec.
        revision: Counts the changes of what runs.
        revisions: The kept revisions, newest first.
        containers: The replicas, oldest first.
        healthy: The last spec that became true, and its revision; None before the first.
        published: The host's port of each published port.
        armed: The generation whose schedule the clock knows.
        changed: When what is wanted last changed, in seconds since the epoch.
        cursor: Where the balancer goes on.
    """

    app: AppKey
    spec: AppSpec
    generation: int = 0
    revision: int = 0
    revisions: list[Revision] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)
    healthy: tuple[AppSpec, int] | None = None
    published: dict[int, int] = field(default_factory=dict)
    armed: int = 0
    changed: float = 0.0
    cursor: int = 0

    @property
    def highest(self) -> int:
        """The highest revision of which anything is left."""
        numbers = (*(one.number for one in self.revisions), *(one.revision for one in self.containers))
        return max(numbers, default=0)

    def want(self, spec: AppSpec, now: datetime) -> None:
        """Make ``spec`` the wanted one: one generation on, and one revision where the template changed."""
        self.revision = numbered(spec, self)
        self.spec, self.changed = spec, now.timestamp()
        self.generation += 1
        self._keep(self.revision, now)

    def settle(self) -> None:
        """Note that what is wanted is true."""
        self.healthy = (self.spec, self.revision)

    def go_back(self, now: datetime) -> bool:
        """Want the last spec that was true again, and forget the revision that failed; False when there is none."""
        if self.healthy is None or self.healthy[1] == self.revision:
            return False
        self.revisions = [one for one in self.revisions if one.number != self.revision]
        self.spec, self.revision = self.healthy
        self.generation += 1
        self._keep(self.revision, now)
        return True

    def _keep(self, number: int, now: datetime) -> None:
        made = next((one.created_at for one in self.revisions if one.number == number), now)
        others = [one for one in self.revisions if one.spec.template != self.spec.template]
        current = Revision(number=number, spec=self.spec, created_at=made, current=True)
        self.revisions = [current, *(replace(one, current=False) for one in others)][:KEPT]


def numbered(spec: AppSpec, record: Record | None) -> int:
    """Return the revision that a spec gets: the present one while the template is the same, else a new number."""
    if record is None:
        return 1
    if record.revision and record.spec.template == spec.template:
        return record.revision
    return record.highest + 1
