"""What would be done to make a spec true: pure, from what is there and what is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cloudkit.backends.docker.balancer.settings import balanced
from cloudkit.backends.docker.jobs import job_steps
from cloudkit.backends.docker.names import shown
from cloudkit.backends.docker.observe import Observation, Seen
from cloudkit.backends.docker.ordered import highest_first, ordered_actions
from cloudkit.backends.docker.steps import Member, next_step
from cloudkit.backends.jobs import Attempt
from cloudkit.backends.kinds import claims_of, unheld
from cloudkit.model.app import AppSpec
from cloudkit.model.plan import Action, ActionKind

__all__ = ["Situation", "delete_actions", "plan_actions", "wanted_revision"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a plan starts from.

    Args:
        namespace: The namespace of the app.
        seen: What the engine holds of the app.
        current: The spec that is wanted until now; None when the app is not there.
        networks: Those of the spec's networks that are there.
        volumes: Those of the spec's volumes that are there.
        balancer_current: True when the balancer that is there is the one that the spec asks for.
        attempts: A job's replicas.
        now: The present moment, in seconds since the epoch.
    """

    namespace: str
    seen: Observation
    current: AppSpec | None
    networks: frozenset[str]
    volumes: frozenset[str]
    balancer_current: bool
    attempts: tuple[Attempt, ...] = ()
    now: float = 0.0


def wanted_revision(seen: Observation, current: AppSpec | None, wanted: AppSpec) -> int:
    """Return the revision that the replicas will have: the present one unless what runs changes."""
    if seen.record is not None and current is not None and current.template == wanted.template:
        return seen.record.revision
    return seen.newest_revision + 1


def plan_actions(situation: Situation, wanted: AppSpec) -> tuple[Action, ...]:
    """Return the steps from what is there to what is wanted; none when nothing is to be done."""
    revision = wanted_revision(situation.seen, situation.current, wanted)
    record = _record(situation, wanted, revision)
    if wanted.kind == "cron":
        return (*record, *(() if wanted.stopped else _surroundings(situation, wanted)))
    if wanted.stopped:
        return (*record, *(_job(situation, wanted, revision) if wanted.kind == "job" else _stops(situation)))
    return (
        *record,
        *_surroundings(situation, wanted),
        *_balancer(situation, wanted),
        *_replicas(situation, wanted, revision),
    )


def delete_actions(namespace: str, seen: Observation) -> tuple[Action, ...]:
    """Return the steps that remove an app; none when nothing of it is there."""
    return (
        *(_action(ActionKind.REMOVE, "replica", namespace, one) for one in seen.replicas),
        *((_action(ActionKind.REMOVE, "balancer", namespace, seen.balancer),) if seen.balancer else ()),
        *(_action(ActionKind.REMOVE, "revision", namespace, one) for one in seen.records),
    )


def _record(situation: Situation, wanted: AppSpec, revision: int) -> Iterator[Action]:
    if situation.current != wanted:
        detail = f"generation {situation.seen.generation + 1}"
        yield Action(kind=ActionKind.RECORD, object="revision", name=str(revision), detail=detail)


def _surroundings(situation: Situation, wanted: AppSpec) -> Iterator[Action]:
    for network in wanted.networks or ("default",):
        if network not in situation.networks:
            yield Action(kind=ActionKind.CREATE, object="network", name=network)
    held = () if wanted.kind == "cron" else claims_of(wanted)  # its first run makes them
    for volume in held:  # the engine makes them with the replica that has them first
        if volume not in situation.volumes:
            detail = unheld(wanted, volume)
            yield Action(kind=ActionKind.CREATE, object="volume", name=volume, detail=detail)


def _balancer(situation: Situation, wanted: AppSpec) -> Iterator[Action]:
    balancer, needed = situation.seen.balancer, balanced(wanted)
    if balancer is None:
        if needed:
            yield Action(kind=ActionKind.CREATE, object="balancer", detail=_published(wanted))
    elif not needed:
        yield _action(ActionKind.REMOVE, "balancer", situation.namespace, balancer)
    elif not situation.balancer_current:
        yield _action(ActionKind.REPLACE, "balancer", situation.namespace, balancer, _gap(wanted))
    elif balancer.state != "running":
        yield _action(ActionKind.START, "balancer", situation.namespace, balancer)


def _published(spec: AppSpec) -> str:
    return ", ".join(f"{port.host}:{port.publish} -> {port.number}" for port in spec.ports if port.publish is not None)


def _gap(spec: AppSpec) -> str:
    """Say what another balancer costs: the engine changes neither the published ports nor the networks of one."""
    return ", ".join(part for part in (_published(spec), "connections are refused for some 0.3 s") if part)


def _stops(situation: Situation) -> Iterator[Action]:
    for one in highest_first(situation.seen.replicas):
        if one.alive:
            yield _action(ActionKind.STOP, "replica", situation.namespace, one)


def _replicas(situation: Situation, wanted: AppSpec, revision: int) -> Iterator[Action]:
    """Return all the steps of the roll, by playing them through with every new replica taken for ready."""
    if wanted.kind == "job":
        yield from _job(situation, wanted, revision)
        return
    woken = _woken(situation, wanted)
    members = {one.name: _member(one, wanted, woken=woken) for one in situation.seen.replicas}
    if wanted.kind == "stateful":
        prefix = f"{situation.namespace}."
        yield from ordered_actions(wanted, revision, list(members.values()), situation.seen.replicas, prefix=prefix)
        return
    by_name = {one.name: one for one in situation.seen.replicas}
    for turn in range(4 * (len(members) + wanted.replicas) + 4):
        step = next_step(wanted, revision, list(members.values()))
        if step.settled or step.idle:
            return
        for name in step.revive:
            yield _action(ActionKind.START, "replica", situation.namespace, by_name[name])
            members[name] = Member(name=name, revision=revision, alive=True, ready=True)
        for index in range(step.start):
            name = f"new {turn}.{index}"
            members[name] = Member(name=name, revision=revision, alive=True, ready=True)
            yield Action(kind=ActionKind.START, object="replica", detail=f"revision {revision}")
        for name in step.retire:
            del members[name]
            kind = ActionKind.DRAIN if name in by_name and by_name[name].alive else ActionKind.REMOVE
            yield Action(kind=kind, object="replica", name=shown(situation.namespace, name))


def _job(situation: Situation, wanted: AppSpec, revision: int) -> Iterator[Action]:
    return job_steps(
        situation.namespace, wanted, revision, seen=situation.seen, attempts=situation.attempts, now=situation.now
    )


def _woken(situation: Situation, wanted: AppSpec) -> bool:
    """True when this plan starts a stopped app, or goes on with that."""
    current = situation.current
    return situation.seen.woken if current == wanted else current is not None and current.stopped


def _member(seen: Seen, wanted: AppSpec, *, woken: bool) -> Member:
    done = seen.completed(wanted.restart_policy) and not woken
    return Member(
        name=seen.name, revision=seen.revision, alive=seen.awake, ready=seen.awake, done=done, ordinal=seen.ordinal
    )


def _action(kind: ActionKind, object_: str, namespace: str, seen: Seen, detail: str = "") -> Action:
    return Action(kind=kind, object=object_, name=shown(namespace, seen.name), detail=detail)
