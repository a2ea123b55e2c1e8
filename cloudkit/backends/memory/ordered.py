"""The moves of a stateful app's roll, and its steps as a plan says them: one replica at a time, by ordinal."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from cloudkit.backends.kinds import ordinal_in, ordinal_name
from cloudkit.backends.memory.container import Container
from cloudkit.backends.memory.moves import ended, farewell
from cloudkit.backends.memory.record import Record
from cloudkit.backends.ordered import Standing, next_act, played
from cloudkit.model.app import AppSpec
from cloudkit.model.plan import Action, ActionKind
from cloudkit.model.state import Replica, ReplicaPhase

__all__ = ["ordered_actions", "ordered_moves"]

DOWN = frozenset({ReplicaPhase.STOPPED, ReplicaPhase.PENDING})


def ordered_moves(record: Record, now: float, revived: Collection[str]) -> Iterator[tuple[str, Container | int]]:
    """Return the next move: a verb, and a replica, or the ordinal of one that is to be made."""
    leaving = [one for one in record.containers if one.draining]
    if leaving:
        yield from farewell(leaving[0], record, now)
    elif record.spec.stopped:
        yield from _rest(record)
    else:
        yield from _towards(record, revived)


def _towards(record: Record, revived: Collection[str]) -> Iterator[tuple[str, Container | int]]:
    by_id = {one.id: one for one in record.containers}
    act = next_act(record.spec.replicas, record.revision, [_standing(one, record) for one in record.containers])
    if act.kind == "start":
        yield "start", act.ordinal
    elif act.kind == "retire":
        yield "drain", by_id[act.id]
    elif act.kind == "revive" and act.id not in revived and not by_id[act.id].refused:
        yield "start", by_id[act.id]


def _rest(record: Record) -> Iterator[tuple[str, Container | int]]:
    """Stop them from the highest down; what is left of an older revision goes."""
    for one in sorted(record.containers, key=lambda one: one.ordinal or 0, reverse=True):
        if one.revision != record.revision:
            yield "drain", one
            return
        if one.running or one.phase is ReplicaPhase.CRASHED:
            yield "stop", one
            return


def _standing(one: Container, record: Record) -> Standing:
    done = one.phase is ReplicaPhase.COMPLETED
    alive = not done and not ended(one, record)
    return Standing(id=one.id, ordinal=one.ordinal, revision=one.revision, alive=alive, ready=one.serving, done=done)


def ordered_actions(wanted: AppSpec, revision: int, replicas: Sequence[Replica]) -> Iterator[Action]:
    """Return the steps of a roll, every replica that starts taken for ready."""
    by_id = {one.id: one for one in replicas}
    gone: str = ""
    for act in played(wanted.replicas, revision, [_seen(one, wanted) for one in replicas]):
        if act.kind == "retire":
            gone = by_id[act.id].name
            if (ordinal_in(wanted.name, gone) or 0) >= wanted.replicas:
                yield Action(kind=ActionKind.REMOVE, object="replica", name=gone, detail="drained first")
        elif act.kind == "revive":
            yield Action(kind=ActionKind.START, object="replica", name=by_id[act.id].name)
        else:
            name = ordinal_name(wanted.name, act.ordinal)
            replaced = name == gone
            kind = ActionKind.REPLACE if replaced else ActionKind.CREATE
            by = "by " if replaced else ""
            yield Action(kind=kind, object="replica", name=name, detail=f"{by}revision {revision}")


def _seen(one: Replica, wanted: AppSpec) -> Standing:
    over = one.phase is ReplicaPhase.CRASHED and wanted.restart == "never"
    alive = one.phase not in DOWN and not over
    return Standing(
        id=one.id,
        ordinal=ordinal_in(wanted.name, one.name),
        revision=0 if one.phase is ReplicaPhase.DRAINING else one.revision,
        alive=alive,
        ready=alive,
    )
