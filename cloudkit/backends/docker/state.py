"""What is seen of an app, made from what the engine holds and what its balancer says: pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cloudkit.backends.docker.balancer.settings import front_ports
from cloudkit.backends.docker.names import shown
from cloudkit.backends.docker.observe import Observation, Seen
from cloudkit.backends.docker.records import Record
from cloudkit.backends.kinds import in_order
from cloudkit.model.cause import Cause
from cloudkit.model.kinds import ENDING
from cloudkit.model.port import LOOPBACK
from cloudkit.model.run import Run
from cloudkit.model.state import AppState, Replica, ReplicaPhase

__all__ = ["app_state", "published_url"]

_EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  # compared with, not bound to
_ORDER = list(ReplicaPhase)


def app_state(
    namespace: str,
    record: Record,
    seen: Observation,
    *,
    up: frozenset[str],
    draining: frozenset[str],
    details: Mapping[str, Mapping[str, Any]],
    host: str = "localhost",
    cause: Cause | None = None,
    run: Run | None = None,
    next_run: datetime | None = None,
) -> AppState:
    """Return an app's state.

    Args:
        namespace: The app's namespace.
        record: What is wanted.
        seen: What the engine lists.
        up: The replicas that take requests.
        draining: Those that get no new ones.
        details: What the engine says of each replica when asked in full, by id; may lack some.
        host: The engine's host, as its published ports are reached.
        cause: Why it is not ready, where that is known.
        run: How far a job is, or the last run of a cron.
        next_run: When a cron is next due.
    """
    replicas = [
        _replica(namespace, record, one, up=up, draining=draining, detail=details.get(one.id, {}))
        for one in seen.replicas
    ]
    return AppState(
        spec=record.spec,
        generation=record.generation,
        revision=record.revision,
        replicas=tuple(sorted(replicas, key=lambda one: (not one.ready, in_order(record.spec.name, one.name)))),
        url=published_url(record, seen, host),
        cause=cause,
        wanted={"daemon": 1, "job": record.spec.job.completions}.get(record.spec.kind),  # an engine is one machine
        run=run,
        next_run=next_run,
        observed_at=datetime.now(UTC),
    )


def published_url(record: Record, seen: Observation, host: str) -> str:
    """Return where the app's first published port is reached; empty when it is private or has no balancer now."""
    if seen.balancer is None or seen.balancer.state != "running":
        return ""
    fronts = front_ports(record.spec.ports)
    for port in record.spec.ports:
        bound = seen.balancer.ports.get(fronts.get(port.number, 0))
        if bound is not None:
            address = host if bound[0] in _EVERYWHERE or bound[0] == LOOPBACK else bound[0]
            scheme = "http" if port.protocol == "http" else "tcp"
            return f"{scheme}://{f'[{address}]' if ':' in address else address}:{bound[1]}"
    return ""


def _replica(
    namespace: str,
    record: Record,
    seen: Seen,
    *,
    up: frozenset[str],
    draining: frozenset[str],
    detail: Mapping[str, Any],
) -> Replica:
    state: Mapping[str, Any] = detail.get("State") or {}
    return Replica(
        name=shown(namespace, seen.name),
        id=seen.id,
        revision=seen.revision,
        phase=_phase(record, seen, up=up, draining=draining),
        image=seen.image or record.spec.image,
        address=seen.address,
        restarts=int(detail.get("RestartCount") or 0),
        exit_code=_exit_code(seen, state, detail),
        started_at=_time(state.get("StartedAt")),
        message=str(state.get("Error") or "") or ("" if seen.state == "running" else seen.status),
    )


def _phase(record: Record, seen: Seen, *, up: frozenset[str], draining: frozenset[str]) -> ReplicaPhase:
    if seen.state == "created":
        return ReplicaPhase.PENDING
    if seen.state == "running":
        return _running_phase(seen, up=up, draining=draining)
    if seen.state == "paused":
        return ReplicaPhase.UNREADY
    if seen.state == "exited" and record.spec.stopped and record.spec.kind not in ENDING:
        return ReplicaPhase.STOPPED
    if seen.exit_code == 0 and record.spec.restart_policy != "always":
        return ReplicaPhase.COMPLETED
    return ReplicaPhase.CRASHED


def _running_phase(seen: Seen, *, up: frozenset[str], draining: frozenset[str]) -> ReplicaPhase:
    if seen.name in draining:
        return ReplicaPhase.DRAINING
    if seen.name in up and seen.healthy:
        return ReplicaPhase.READY
    return ReplicaPhase.UNREADY if "(unhealthy)" in seen.status else ReplicaPhase.STARTING


def _exit_code(seen: Seen, state: Mapping[str, Any], detail: Mapping[str, Any]) -> int | None:
    """Return the last exit code; None for a replica that has never ended."""
    if seen.exit_code is not None:
        return seen.exit_code
    ended_before = int(detail.get("RestartCount") or 0) > 0 or state.get("Status") == "exited"
    return int(state.get("ExitCode") or 0) if ended_before else None


def _time(text: object) -> datetime | None:
    """Read the engine's time, which has nine digits of a second; its year 1 means never."""
    if not isinstance(text, str) or not text or text.startswith("0001-"):
        return None
    return datetime.fromisoformat(text).astimezone(UTC)
