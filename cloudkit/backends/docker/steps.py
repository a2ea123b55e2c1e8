"""The next step of a roll, decided from what is there: pure, and the same whoever interrupted the last one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloudkit.model.app import AppSpec

__all__ = ["Member", "Step", "next_step"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A replica as a roll sees it.

    Args:
        name: Its name.
        revision: What it was made from.
        alive: True while the engine runs it, and has not paused it.
        ready: True while it takes requests.
        done: True when it has ended well and is not to be started again.
        ordinal: The number that a stateful replica keeps; None for others.
    """

    name: str
    revision: int
    alive: bool
    ready: bool
    done: bool = False
    ordinal: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What to do next.

    Args:
        start: How many new replicas.
        ordinals: The new replicas that have a number, by it.
        revive: Stopped replicas to start again.
        retire: Replicas to drain and remove.
        settled: True when all is as wanted.
        more: True when something is to be started yet, once others are ready.
    """

    start: int = 0
    ordinals: tuple[int, ...] = ()
    revive: tuple[str, ...] = ()
    retire: tuple[str, ...] = ()
    settled: bool = False
    more: bool = False

    @property
    def idle(self) -> bool:
        """True when there is nothing to do but wait."""
        return not (self.start or self.ordinals or self.revive or self.retire or self.settled)


def next_step(spec: AppSpec, revision: int, members: Sequence[Member]) -> Step:
    """Decide the next step towards ``spec`` at ``revision``.

    Never more than ``replicas + max_surge`` run, never fewer than ``replicas - max_unavailable`` stay ready.

    >>> from cloudkit.model.reference import Reference
    >>> spec = AppSpec(name="web", image=Reference.parse("web@sha256:" + "0" * 64), replicas=2)
    >>> next_step(spec, 2, [Member(name="a", revision=1, alive=True, ready=True)]).start
    2
    """
    new = [one for one in members if one.revision == revision]
    old = [one for one in members if one.revision != revision]
    gone = (*(one.name for one in old if not one.alive), *_surplus(new, max(0, len(new) - spec.replicas)))
    asleep = tuple(one.name for one in new if not one.alive and not one.done and one.name not in gone)
    if gone or asleep:
        return Step(retire=gone, revive=asleep)
    room = spec.replicas + spec.rollout.max_surge - len(members) if old else spec.replicas
    start = max(0, min(spec.replicas - len(new), room))
    retire = _retirable(spec, new, old, crowded=room <= 0)
    if start or retire:
        return Step(start=start, retire=retire)
    return Step(settled=not old and all(one.ready or one.done for one in new))


def _surplus(new: Sequence[Member], count: int) -> tuple[str, ...]:
    """The replicas that a smaller number gives up: the ended first, then the unready, then the youngest."""
    order = sorted(range(len(new)), key=lambda index: (new[index].ready, new[index].alive, -index))
    return tuple(new[index].name for index in order[:count])


def _retirable(spec: AppSpec, new: Sequence[Member], old: Sequence[Member], *, crowded: bool) -> tuple[str, ...]:
    """The old replicas that can go now: those that serve nobody, and as many ready ones as the spec spares.

    Before there is a new one, those that serve nobody yet may still come up, and go only where they take its place.
    """
    useless = [one.name for one in old if not one.ready]
    ready_old = [one.name for one in old if one.ready]
    ready_new = sum(one.ready for one in new)
    floor = max(0, spec.replicas - spec.rollout.max_unavailable)
    spare = max(0, ready_new + len(ready_old) - floor)
    begun = spec.replicas == 0 or bool(new) or crowded
    return *(useless if begun else ()), *ready_old[:spare]
