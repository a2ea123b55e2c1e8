"""What is seen of an app of the twin."""

from __future__ import annotations

from datetime import datetime

from cloudkit.backends.kinds import in_order
from cloudkit.backends.memory.causes import cause_of
from cloudkit.backends.memory.record import Record
from cloudkit.model.port import LOOPBACK
from cloudkit.model.state import AppState

__all__ = ["state_of"]

EVERYWHERE = frozenset({"0.0.0.0", "::", LOOPBACK})  # noqa: S104  # compared with, not bound to


def state_of(record: Record, now: datetime) -> AppState:
    """Return an app's state."""
    replicas = sorted(
        (one.snapshot() for one in record.containers),
        key=lambda one: (not one.ready, in_order(record.app[1], one.name)),
    )
    return AppState(
        spec=record.spec,
        generation=record.generation,
        revision=record.revision,
        replicas=tuple(replicas),
        url=_url(record),
        cause=cause_of(record),
        wanted=1 if record.spec.kind == "daemon" else None,  # a world is one machine
        observed_at=now,
    )


def _url(record: Record) -> str:
    """Return where the app's first published port is reached; empty when it is private."""
    for port in record.spec.ports:
        bound = record.published.get(port.number)
        if port.publish is not None and bound is not None:
            address = "localhost" if port.host in EVERYWHERE else port.host
            return f"{port.protocol}://{f'[{address}]' if ':' in address else address}:{bound}"
    return ""
