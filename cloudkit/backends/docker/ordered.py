"""A stateful app's next step on an engine, and all of them as a plan says them: one replica at a time, by ordinal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cloudkit.backends.docker.observe import Seen
from cloudkit.backends.docker.steps import Member, Step
from cloudkit.backends.kinds import ordinal_name
from cloudkit.backends.ordered import Standing, next_act, played
from cloudkit.model.app import AppSpec
from cloudkit.model.plan import Action, ActionKind

__all__ = ["highest_first", "ordered_actions", "ordered_step"]


def ordered_step(spec: AppSpec, revision: int, members: Sequence[Member]) -> Step:
    """Decide the next step towards ``spec`` at ``revision``.

    >>> from cloudkit.model.reference import Reference
    >>> spec = AppSpec(name="db", image=Reference.parse("db:1"), kind="stateful", replicas=2)
    >>> ordered_step(spec, 1, [Member(name="ns.db-0", ordinal=0, revision=1, alive=True, ready=True)]).ordinals
    (1,)
    """
    act = next_act(spec.replicas, revision, [_standing(one) for one in members])
    if act.kind == "start":
        return Step(ordinals=(act.ordinal,))
    if act.kind == "revive":
        return Step(revive=(act.id,))
    if act.kind == "retire":
        return Step(retire=(act.id,))
    return Step(settled=act.kind == "settled", more=act.kind == "wait" and len(members) < spec.replicas)


def ordered_actions(
    wanted: AppSpec, revision: int, members: Sequence[Member], seen: Sequence[Seen], *, prefix: str
) -> Iterator[Action]:
    """Return the steps of a roll, every replica that starts taken for ready.

    Args:
        wanted: What is wanted.
        revision: The revision of that.
        members: The replicas as the next step sees them.
        seen: The same as the engine lists them.
        prefix: What stands before the names that people see.
    """
    alive = {one.name for one in seen if one.alive}
    for act in played(wanted.replicas, revision, [_standing(one) for one in members]):
        name = act.id.removeprefix(prefix)
        if act.kind == "start":
            new, detail = ordinal_name(wanted.name, act.ordinal), f"revision {revision}"
            yield Action(kind=ActionKind.START, object="replica", name=new, detail=detail)
        elif act.kind == "revive":
            yield Action(kind=ActionKind.START, object="replica", name=name)
        else:
            kind = ActionKind.DRAIN if act.id in alive else ActionKind.REMOVE
            yield Action(kind=kind, object="replica", name=name)


def highest_first(replicas: Sequence[Seen]) -> list[Seen]:
    """Return replicas in the order in which they are stopped."""
    return sorted(replicas, key=lambda one: -1 if one.ordinal is None else one.ordinal, reverse=True)


def _standing(one: Member) -> Standing:
    return Standing(
        id=one.name, ordinal=one.ordinal, revision=one.revision, alive=one.alive, ready=one.ready, done=one.done
    )
