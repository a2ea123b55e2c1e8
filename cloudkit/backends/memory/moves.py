"""Moves that the rolls of every kind make alike: how a replica leaves, and which has ended."""

from __future__ import annotations

from collections.abc import Iterator

from cloudkit.backends.memory.container import Container
from cloudkit.backends.memory.record import Record
from cloudkit.model.state import ReplicaPhase

__all__ = ["ended", "farewell"]

HALTED = frozenset({ReplicaPhase.STOPPED, ReplicaPhase.PENDING})


def farewell(one: Container, record: Record, now: float) -> Iterator[tuple[str, Container]]:
    """Return what is done with a replica that drains: stopped once it serves nothing, or for too long; then removed."""
    overdue = one.draining_since is not None and now - one.draining_since >= record.spec.rollout.drain
    if not one.running:
        yield "remove", one
    elif not one.in_flight or overdue:
        yield "stop", one


def ended(one: Container, record: Record) -> bool:
    """True for one that runs only once somebody starts it."""
    return one.phase in HALTED or (one.phase is ReplicaPhase.CRASHED and record.spec.restart == "never")
