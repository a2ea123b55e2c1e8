"""The next step of a stateful app: one replica at a time, by ordinal; pure, and the same on engines that have no loop.

Started from the lowest ordinal up, each ready before the next; replaced and given up from the highest down; the one
that goes is gone before another of its ordinal starts. So a step follows from what is there, whoever made it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["Act", "Standing", "next_act", "played"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A replica of a stateful app, as the next step sees it.

    Args:
        id: What tells it from one that had its name before.
        ordinal: Its number; None for one that has none, which is to go.
        revision: What it was made from.
        alive: True while it runs and is not paused.
        ready: True while it takes requests.
        done: True when it has ended well and is not to be started again.
    """

    id: str
    ordinal: int | None
    revision: int
    alive: bool
    ready: bool
    done: bool = False

    @property
    def stands(self) -> bool:
        """True when those after it may start."""
        return self.ready or self.done


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What to do next.

    Args:
        kind: Start an ``ordinal`` that is missing, ``revive`` one that has ended, ``retire`` one, ``wait``, or nothing
            as all is ``settled``.
        ordinal: Which one starts.
        id: Which one is revived or retired.
    """

    kind: Literal["start", "revive", "retire", "wait", "settled"]
    ordinal: int = 0
    id: str = ""


WAIT, SETTLED = Act(kind="wait"), Act(kind="settled")


def next_act(wanted: int, revision: int, members: Sequence[Standing]) -> Act:
    """Decide the next step towards ``wanted`` replicas of ``revision``.

    >>> old = [Standing(id=f"{n}", ordinal=n, revision=1, alive=True, ready=True) for n in range(3)]
    >>> next_act(3, 2, old), next_act(3, 2, old[:2])
    (Act(kind='retire', ordinal=0, id='2'), Act(kind='start', ordinal=2, id=''))
    """
    kept = _by_ordinal(members, revision)
    surplus = [one for one in members if one.ordinal is None or kept[one.ordinal] is not one]
    beyond = [*surplus, *(kept[ordinal] for ordinal in sorted(kept, reverse=True) if ordinal >= wanted)]
    if beyond:
        return Act(kind="retire", id=beyond[0].id)
    for ordinal in range(wanted):
        one = kept.get(ordinal)
        if one is None:
            return Act(kind="start", ordinal=ordinal)
        if not one.stands:
            return _raise_up(one, revision, kept.values())
    outdated = [ordinal for ordinal, one in kept.items() if one.revision != revision]
    return Act(kind="retire", id=kept[max(outdated)].id) if outdated else SETTLED


def played(wanted: int, revision: int, members: Sequence[Standing]) -> list[Act]:
    """Return all steps to the end, with every replica that starts taken for ready.

    >>> [act.kind for act in played(1, 2, [Standing(id="a", ordinal=0, revision=1, alive=True, ready=True)])]
    ['retire', 'start']
    """
    there, acts = {one.id: one for one in members}, list[Act]()
    for turn in range(4 * (len(members) + wanted) + 4):
        act = next_act(wanted, revision, list(there.values()))
        if act in (WAIT, SETTLED):
            break
        acts.append(act)
        if act.kind == "start":
            made = Standing(id=f"new {turn}", ordinal=act.ordinal, revision=revision, alive=True, ready=True)
            there[made.id] = made
        elif act.kind == "revive":
            there[act.id] = replace(there[act.id], alive=True, ready=True)
        else:
            del there[act.id]
    return acts


def _raise_up(one: Standing, revision: int, members: Iterable[Standing]) -> Act:
    """Decide about the first that serves nobody: one of an older revision makes room, unless a new one is on trial."""
    if one.revision == revision:
        return WAIT if one.alive else Act(kind="revive", id=one.id)
    trial = any(other.revision == revision and other.alive and not other.stands for other in members)
    return WAIT if trial else Act(kind="retire", id=one.id)


def _by_ordinal(members: Sequence[Standing], revision: int) -> dict[int, Standing]:
    """Return one replica for each ordinal; of several, which only a hand can make, the best."""
    best = sorted(members, key=lambda one: (one.revision == revision, one.stands, one.alive))
    return {one.ordinal: one for one in best if one.ordinal is not None}
