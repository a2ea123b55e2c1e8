"""What was seen: frozen snapshots that say when they were taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause
from cloudkit.model.reference import Reference

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

    @property
    def ready(self) -> bool:
        """True while it takes requests."""
        return self.phase is ReplicaPhase.READY


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
        observed_at: When this was seen.
    """

    spec: AppSpec
    generation: int
    revision: int
    replicas: tuple[Replica, ...]
    url: str = ""
    cause: Cause | None = None
    observed_at: datetime

    @property
    def name(self) -> str:
        """The app's name."""
        return self.spec.name

    @property
    def ready(self) -> int:
        """How many replicas of the wanted revision take requests."""
        return sum(replica.ready and replica.revision == self.revision for replica in self.replicas)

    @property
    def settled(self) -> bool:
        """True when what runs is what is wanted, and nothing else is left."""
        if self.spec.stopped:
            return all(replica.phase in _AT_REST for replica in self.replicas)
        alive = [replica for replica in self.replicas if replica.phase is not ReplicaPhase.COMPLETED]
        return self.ready == self.spec.replicas == len(alive)

    @property
    def phase(self) -> AppPhase:
        """One word for the whole."""
        if self.spec.stopped:
            return AppPhase.STOPPED if self.settled else AppPhase.PROGRESSING
        if self.settled:
            return AppPhase.READY
        if self.cause is not None and self.cause.certain:
            return AppPhase.DEGRADED if any(replica.ready for replica in self.replicas) else AppPhase.FAILED
        return AppPhase.PROGRESSING


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
