"""What was seen: frozen snapshots that say when they were taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause
from cloudkit.model.frozen import chosen
from cloudkit.model.plain import plain
from cloudkit.model.reference import Reference
from cloudkit.model.rows import mimebundle, pretty
from cloudkit.model.run import Outcome, Run

__all__ = ["AppPhase", "AppState", "Replica", "ReplicaPhase", "Revision"]


class ReplicaPhase(StrEnum):
    """Where one replica stands."""

    PENDING = "pending"  # created, not started
    STARTING = "starting"  # runs, not ready yet
    READY = "ready"
    UNREADY = "unready"  # was ready, its probe fails now
    DRAINING = "draining"  # gets no new requests, ends soon
    CRASHED = "crashed"  # ended though nobody asked
    COMPLETED = "completed"  # ended with exit code 0 and is not to be restarted
    STOPPED = "stopped"  # ended because it was asked to


class AppPhase(StrEnum):
    """Where an app stands."""

    READY = "ready"
    PROGRESSING = "progressing"
    DEGRADED = "degraded"
    COMPLETED = "completed"  # a job that has come to its end well
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """One running copy of an app.

    Args:
        name: Its name on the engine.
        id: The engine's identifier.
        revision: The revision it was made from.
        phase: Where it stands.
        image: What it runs, pinned.
        address: Its private address; empty when it has none.
        restarts: How often the engine has restarted it.
        exit_code: Its last exit code; None while it has never ended.
        started_at: When it last started.
        message: A few words of the engine on its state.
        node: The node that it runs on; empty where there is only one, or none yet.
    """

    name: str
    id: str
    revision: int
    phase: ReplicaPhase
    image: Reference
    address: str = ""
    restarts: int = 0
    exit_code: int | None = None
    started_at: datetime | None = None
    message: str = ""
    node: str = ""

    __repr__ = chosen

    @property
    def ready(self) -> bool:
        """True while it takes requests."""
        return self.phase is ReplicaPhase.READY

    def __str__(self) -> str:
        """Return one line, such as ``web-2-x7 ready, revision 2, 1 restart``."""
        restarts = f", {self.restarts} restart{'s' * (self.restarts > 1)}" if self.restarts else ""
        ended = f", exit code {self.exit_code}" if self.exit_code is not None and not self.ready else ""
        message = f", {plain(self.message)}" if self.message else ""
        return f"{self.name} {self.phase}, revision {self.revision}{restarts}{ended}{message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppState:
    """An app as it was seen.

    Args:
        spec: What is wanted.
        generation: Counts the changes of the spec, from 1; the precondition of the next change.
        revision: Counts the changes of what runs, from 1; what ``rollback`` goes back along.
        replicas: What is there, ready ones first.
        url: Where it is published; empty when it is private.
        cause: Why it is not ready, where that is known without asking further.
        wanted: How many replicas are wanted now where the spec does not say it: one on each node, or a job's
            completions.
        run: How far a job is, or the last run of a cron; None for what does not run to an end, and before the first.
        next_run: When a cron is next due; None while it begins none.
        observed_at: When this was seen.
    """

    spec: AppSpec
    generation: int
    revision: int
    replicas: tuple[Replica, ...]
    url: str = ""
    cause: Cause | None = None
    wanted: int | None = None
    run: Run | None = None
    next_run: datetime | None = None
    observed_at: datetime

    __repr__ = chosen
    _repr_pretty_ = pretty
    _repr_mimebundle_ = mimebundle

    @property
    def name(self) -> str:
        """The app's name."""
        return self.spec.name

    @property
    def desired(self) -> int:
        """How many replicas are to run; 0 for an app that is stopped, and between the runs of a cron."""
        if self.spec.stopped or self.spec.kind == "cron":
            return 0
        return self.spec.replicas if self.wanted is None else self.wanted

    @property
    def ready(self) -> int:
        """How many replicas of the wanted revision take requests; of a job, how many have completed.

        Of a cron, how many run now.
        """
        if self.spec.kind == "cron":
            return sum(replica.phase not in _AT_REST for replica in self.replicas)
        if self.run is not None:
            return self.run.completed
        return sum(replica.ready and replica.revision == self.revision for replica in self.replicas)

    @property
    def settled(self) -> bool:
        """True when what runs is what is wanted, and nothing else is left.

        A job's run is over then, well or not. A cron is as wanted between its runs and meanwhile.
        """
        if self.spec.kind == "cron":
            return True
        if self.spec.stopped:
            return all(replica.phase in _AT_REST for replica in self.replicas)
        if self.run is not None:
            return self.run.over and all(replica.phase in _AT_REST for replica in self.replicas)
        return len(self.replicas) == self.desired and all(
            replica.revision == self.revision and replica.phase in _FULFILLED for replica in self.replicas
        )

    @property
    def phase(self) -> AppPhase:
        """One word for the whole."""
        if self.spec.kind == "cron":
            return self._cron_phase
        if self.spec.stopped:
            return AppPhase.STOPPED if self.settled else AppPhase.PROGRESSING
        if self.run is not None:
            return _PHASES[self.run.outcome]
        if self.settled:
            return AppPhase.READY
        failing = self.cause is not None and self.cause.certain
        if any(replica.ready for replica in self.replicas):
            broken = failing or any(replica.phase in _BROKEN for replica in self.replicas)
            return AppPhase.DEGRADED if broken else AppPhase.PROGRESSING
        return AppPhase.FAILED if failing else AppPhase.PROGRESSING

    @property
    def _cron_phase(self) -> AppPhase:
        if self.spec.stopped or (self.spec.schedule is not None and self.spec.schedule.suspended):
            return AppPhase.STOPPED
        failed = self.run is not None and self.run.outcome is Outcome.FAILED
        return AppPhase.DEGRADED if failed else AppPhase.READY

    @property
    def counted(self) -> str:
        """How many of the wanted replicas are there, such as ``2/3 ready``, ``2/3 completed`` or ``1 running``."""
        if self.spec.kind == "cron":
            return f"{self.ready} running"
        wanted = self.spec.replicas if self.wanted is None else self.wanted
        return f"{self.ready}/{wanted} {'ready' if self.run is None else 'completed'}"

    def __str__(self) -> str:
        """Return one line: the name, how many are ready, the phase unless that says it all, image, address, cause."""
        well = self.phase in _WELL
        tries = self.run.tries if self.run else ""
        cause = plain(self.cause.summary) if self.cause and not well else ""
        phase = "" if well else self.phase.value
        due = f"next run {self.next_run:%Y-%m-%d %H:%M}" if self.next_run else ""
        parts = (f"{self.name} {self.counted}", due, tries, phase, self.spec.image.brief, self.url, cause)
        return ", ".join(filter(None, parts))


_PHASES = {
    Outcome.RUNNING: AppPhase.PROGRESSING,
    Outcome.SUCCEEDED: AppPhase.COMPLETED,
    Outcome.FAILED: AppPhase.FAILED,
}
_WELL = frozenset({AppPhase.READY, AppPhase.COMPLETED})
_FULFILLED = frozenset({ReplicaPhase.READY, ReplicaPhase.COMPLETED})
_BROKEN = frozenset({ReplicaPhase.UNREADY, ReplicaPhase.CRASHED})
_AT_REST = frozenset({ReplicaPhase.STOPPED, ReplicaPhase.PENDING, ReplicaPhase.COMPLETED, ReplicaPhase.CRASHED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One version of what runs, kept so that it can come back.

    Args:
        number: Its number, from 1.
        spec: What it is.
        created_at: When it was made.
        current: True for the one that is wanted now.
    """

    number: int
    spec: AppSpec
    created_at: datetime
    current: bool = False

    __repr__ = chosen

    def __str__(self) -> str:
        """Return one line, such as ``2 web:1@0123456789ab 2026-01-31 14:05:00+00:00 (current)``."""
        return (
            f"{self.number} {self.spec.image.brief} {self.created_at:%Y-%m-%d %H:%M:%S%z}{' (current)' * self.current}"
        )
