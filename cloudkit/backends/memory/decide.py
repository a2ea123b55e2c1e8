"""The steps from what is there to what is wanted: pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields

from cloudkit.backends.memory.ordered import ordered_actions
from cloudkit.model.app import AppSpec
from cloudkit.model.plan import Action, ActionKind
from cloudkit.model.state import Replica, ReplicaPhase

__all__ = ["decide", "decide_delete", "surplus"]

HALTED = frozenset({ReplicaPhase.STOPPED, ReplicaPhase.PENDING})
UNDER_WAY = frozenset({ReplicaPhase.STARTING, ReplicaPhase.READY, ReplicaPhase.UNREADY})


def decide(
    wanted: AppSpec,
    before: AppSpec | None,
    revision: int,
    replicas: Sequence[Replica],
    steps: Iterable[Action] | None = None,
) -> tuple[Action, ...]:
    """Return the steps that make ``wanted`` true.

    Args:
        wanted: What is wanted from now on.
        before: What was wanted; None when the app is not there.
        revision: The revision that ``wanted`` has.
        replicas: What is there.
        steps: Those of the replicas, where the kind of work has some of its own.
    """
    run = ordered_actions if wanted.kind == "stateful" else _to_run
    if steps is None:
        steps = _to_rest(revision, replicas) if wanted.stopped else run(wanted, revision, replicas)
    return (*_record(wanted, before, revision), *_balancer(wanted, before), *steps)


def decide_delete(spec: AppSpec, replicas: Sequence[Replica]) -> tuple[Action, ...]:
    """Return the steps that leave nothing of an app."""
    gone = [Action(kind=ActionKind.REMOVE, object="replica", name=one.name) for one in replicas]
    balancer = [Action(kind=ActionKind.REMOVE, object="balancer", name=spec.name)] if spec.ports else []
    return (*balancer, *gone, Action(kind=ActionKind.REMOVE, object="revision", name=spec.name, detail="all"))


def surplus(replicas: Sequence[Replica], count: int) -> list[Replica]:
    """Return the replicas that a smaller number gives up: those that serve nobody first, then the youngest."""
    youngest_first = reversed(replicas)
    return sorted(youngest_first, key=lambda one: one.ready)[: max(0, count)]


def _record(wanted: AppSpec, before: AppSpec | None, revision: int) -> Iterator[Action]:
    if before == wanted:
        return
    changed = (
        [] if before is None else [f.name for f in fields(wanted) if getattr(before, f.name) != getattr(wanted, f.name)]
    )
    detail = f"number {revision}" + (f": {', '.join(changed)}" if changed else "")
    yield Action(kind=ActionKind.RECORD, object="revision", name=wanted.name, detail=detail)


def _balancer(wanted: AppSpec, before: AppSpec | None) -> Iterator[Action]:
    if before is None and wanted.ports:
        yield Action(kind=ActionKind.CREATE, object="balancer", name=wanted.name, detail=_published(wanted))
    elif before is not None and before.ports != wanted.ports:
        yield Action(kind=ActionKind.UPDATE, object="balancer", name=wanted.name, detail=_published(wanted))


def _published(spec: AppSpec) -> str:
    return ", ".join(
        f"{one.number} on {one.host}:{one.publish or 'any'}" for one in spec.ports if one.publish is not None
    )


def _to_rest(revision: int, replicas: Sequence[Replica]) -> Iterator[Action]:
    for one in replicas:
        if one.revision != revision or one.phase is ReplicaPhase.DRAINING:
            yield Action(kind=ActionKind.REMOVE, object="replica", name=one.name)
        elif one.phase in UNDER_WAY or one.phase is ReplicaPhase.CRASHED:
            yield Action(kind=ActionKind.STOP, object="replica", name=one.name)


def _to_run(wanted: AppSpec, revision: int, replicas: Sequence[Replica]) -> Iterator[Action]:
    staying = [one for one in replicas if one.revision == revision and one.phase is not ReplicaPhase.DRAINING]
    leaving = [one for one in replicas if one not in staying]
    dropped = surplus(staying, len(staying) - wanted.replicas)
    missing = max(0, wanted.replicas - len(staying))
    for one in staying:
        if one not in dropped and (one.phase in HALTED or _ended_for_good(one, wanted)):
            yield Action(kind=ActionKind.START, object="replica", name=one.name)
    for one in leaving[:missing]:
        yield Action(kind=ActionKind.REPLACE, object="replica", name=one.name, detail=f"by revision {revision}")
    for _ in range(missing - len(leaving[:missing])):
        yield Action(kind=ActionKind.CREATE, object="replica", detail=f"revision {revision}")
    for one in (*leaving[missing:], *dropped):
        yield Action(kind=ActionKind.REMOVE, object="replica", name=one.name, detail="drained first")


def _ended_for_good(replica: Replica, spec: AppSpec) -> bool:
    return replica.phase is ReplicaPhase.CRASHED and spec.restart == "never"
