"""What is seen of an app of the twin."""

from __future__ import annotations

from datetime import datetime

from cloudkit.backends.kinds import in_order
from cloudkit.backends.memory.causes import cause_of
from cloudkit.backends.memory.crons import cron_cause, last_run, next_due
from cloudkit.backends.memory.jobs import cause_seen, run_seen
from cloudkit.backends.memory.record import Record
from cloudkit.model.cause import Cause
from cloudkit.model.port import LOOPBACK
from cloudkit.model.run import Run
from cloudkit.model.state import AppState

__all__ = ["diagnosed", "state_of"]

EVERYWHERE = frozenset({"0.0.0.0", "::", LOOPBACK})  # noqa: S104  # compared with, not bound to


def state_of(record: Record, now: datetime) -> AppState:
    """Return an app's state."""
    run = {"job": run_seen, "cron": last_run}.get(record.spec.kind, _no_run)(record, now.timestamp())
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
        cause=diagnosed(record, now),
        wanted={"daemon": 1, "job": record.spec.job.completions}.get(record.spec.kind),  # a world is one machine
        run=run,
        next_run=next_due(record, now) if record.spec.kind == "cron" else None,
        observed_at=now,
    )


def _no_run(_record: Record, _now: float) -> Run | None:
    return None


def diagnosed(record: Record, now: datetime) -> Cause | None:
    """Return why an app is not as wanted."""
    if record.spec.kind == "job":
        return None if record.spec.stopped else cause_seen(record, now.timestamp())
    if record.spec.kind == "cron":
        return cron_cause(record, now.timestamp())
    return cause_of(record)


def _url(record: Record) -> str:
    """Return where the app's first published port is reached; empty when it is private."""
    for port in record.spec.ports:
        bound = record.published.get(port.number)
        if port.publish is not None and bound is not None:
            address = "localhost" if port.host in EVERYWHERE else port.host
            return f"{port.protocol}://{f'[{address}]' if ':' in address else address}:{bound}"
    return ""
