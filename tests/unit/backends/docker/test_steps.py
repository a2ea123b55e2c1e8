"""A roll's next step, played to its end from any beginning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudkit.backends.docker.steps import Member, next_step
from cloudkit.model.app import AppSpec
from cloudkit.model.reference import Reference
from cloudkit.model.rollout import Rollout

IMAGE = Reference.parse("web@sha256:" + "0" * 64)
REVISION = 7


def spec(replicas: int, *, surge: int = 1, unavailable: int = 0) -> AppSpec:
    """A spec of so many replicas, rolled so."""
    rollout = Rollout(max_surge=surge, max_unavailable=unavailable)
    return AppSpec(name="web", image=IMAGE, replicas=replicas, rollout=rollout)


def ready(name: str, revision: int = REVISION) -> Member:
    """A replica that takes requests."""
    return Member(name=name, revision=revision, alive=True, ready=True)


rollouts = st.tuples(st.integers(0, 4), st.integers(0, 4)).filter(any)
members = st.lists(
    st.builds(
        Member,
        name=st.uuids().map(str),
        revision=st.sampled_from([REVISION - 1, REVISION]),
        alive=st.booleans(),
        ready=st.booleans(),
    ).map(lambda one: replace(one, ready=one.ready and one.alive)),
    max_size=8,
)


@given(replicas=st.integers(0, 6), rollout=rollouts, there=members)
def test_every_roll_ends_settled(replicas: int, rollout: tuple[int, int], there: list[Member]) -> None:
    """From any beginning, with replicas that become ready, the steps end at the wanted replicas and no others."""
    wanted = spec(replicas, surge=rollout[0], unavailable=rollout[1])

    last = play(wanted, there)

    assert [one.revision for one in last] == [REVISION] * replicas
    assert all(one.ready for one in last)


@given(replicas=st.integers(1, 6), rollout=rollouts, old=st.integers(0, 6))
def test_a_roll_keeps_its_bounds(replicas: int, rollout: tuple[int, int], old: int) -> None:
    """Never more than replicas + max_surge run, never fewer ready than replicas - max_unavailable once they were."""
    wanted = spec(replicas, surge=rollout[0], unavailable=rollout[1])
    there = [ready(f"old-{n}", REVISION - 1) for n in range(min(old, replicas))]
    most, fewest = replicas + rollout[0], min(len(there), replicas - rollout[1])

    for state in states(wanted, there):
        assert len(state) <= most
        assert sum(one.ready for one in state) >= fewest


def test_the_surplus_gives_up_the_youngest_unready_first() -> None:
    """Scaling down takes those that serve nobody, then the youngest."""
    there = [ready("oldest"), replace(ready("starting"), ready=False), ready("youngest")]

    step = next_step(spec(1), REVISION, there)

    assert step.retire == ("starting", "youngest")


def test_the_surplus_gives_up_what_has_ended_before_it_is_started_again() -> None:
    """A smaller number needs no replica that will not run."""
    there = [replace(ready("ended"), alive=False, ready=False), ready("up"), ready("youngest")]

    step = next_step(spec(2), REVISION, there)

    assert (step.retire, step.revive) == (("ended",), ())


@given(replicas=st.integers(1, 6), rollout=rollouts, old=st.integers(0, 8))
def test_old_replicas_that_never_become_ready_hold_up_no_roll(
    replicas: int, rollout: tuple[int, int], old: int
) -> None:
    """However many of them there are, the new ones take their place."""
    wanted = spec(replicas, surge=rollout[0], unavailable=rollout[1])
    there = [replace(ready(f"old-{n}", REVISION - 1), ready=False) for n in range(old)]

    last = list(states(wanted, there, coming=lambda one: one.revision == REVISION))[-1]

    assert [(one.revision, one.ready) for one in last] == [(REVISION, True)] * replicas


def test_a_stopped_replica_is_started_again() -> None:
    """A replica of the wanted revision that has ended comes back, in place of a new one."""
    there = [ready("up"), replace(ready("down"), alive=False, ready=False)]

    step = next_step(spec(2), REVISION, there)

    assert (step.revive, step.start) == (("down",), 0)


def test_a_completed_replica_stays_ended() -> None:
    """What has ended well and is not to be restarted counts as done."""
    there = [Member(name="job", revision=REVISION, alive=False, ready=False, done=True)]

    step = next_step(spec(1), REVISION, there)

    assert step.settled


@pytest.mark.parametrize("waiting", [1, 3])
def test_nothing_is_done_while_new_replicas_start(waiting: int) -> None:
    """While no new replica is ready and none may be missed, the roll waits."""
    old = [ready(f"old-{n}", REVISION - 1) for n in range(3)]
    new = [replace(ready(f"new-{n}"), ready=False) for n in range(waiting)]

    step = next_step(spec(3, surge=waiting), REVISION, [*old, *new])

    assert step.idle


def play(wanted: AppSpec, there: list[Member]) -> list[Member]:
    """Play a roll to its end and return what is there then."""
    return list(states(wanted, there))[-1]


def states(
    wanted: AppSpec, there: list[Member], coming: Callable[[Member], bool] = lambda _one: True
) -> list[list[Member]]:
    """Play a roll in which replicas that are coming get ready when there is nothing else to do; return each state."""
    found, current = [list(there)], {one.name: one for one in there}
    for turn in range(200):
        step = next_step(wanted, REVISION, list(current.values()))
        if step.settled:
            return found
        for name in step.retire:
            del current[name]
        for name in step.revive:
            current[name] = replace(current[name], alive=True)
        for index in range(step.start):
            name = f"new-{turn}-{index}"
            current[name] = replace(ready(name), ready=False)
        if step.idle:
            current = {k: replace(one, ready=True, alive=True) if coming(one) else one for k, one in current.items()}
        found.append(list(current.values()))
    pytest.fail(f"the roll does not end: {found[-3:]}")
