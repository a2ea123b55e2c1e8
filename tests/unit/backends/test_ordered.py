"""The steps of a stateful app, played to their end from any beginning."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudkit.backends.ordered import Act, Standing, next_act, played

REVISION = 7
ordinals = st.one_of(st.none(), st.integers(0, 5))
members = st.lists(
    st.builds(
        Standing,
        id=st.uuids().map(str),
        ordinal=ordinals,
        revision=st.sampled_from([REVISION - 1, REVISION]),
        alive=st.booleans(),
        ready=st.booleans(),
        done=st.just(value=False),
    ).map(lambda one: replace(one, ready=one.ready and one.alive)),
    max_size=8,
)


def up(ordinal: int, revision: int = REVISION) -> Standing:
    """A replica that takes requests."""
    return Standing(id=f"{revision}.{ordinal}", ordinal=ordinal, revision=revision, alive=True, ready=True)


def starting(one: Standing) -> Standing:
    """The same, on its way up."""
    return replace(one, ready=False)


def ended(one: Standing) -> Standing:
    """The same, ended."""
    return replace(one, ready=False, alive=False)


@given(wanted=st.integers(0, 5), there=members)
def test_every_roll_ends_settled(wanted: int, there: list[Standing]) -> None:
    """From any beginning, with replicas that become ready, at one of each ordinal and no others."""
    last = list(states(wanted, there))[-1]

    assert sorted(one.ordinal for one in last if one.ordinal is not None) == list(range(wanted))
    assert all(one.revision == REVISION and one.ready for one in last)


@given(wanted=st.integers(0, 5), there=members)
def test_an_ordinal_starts_once_nobody_has_it(wanted: int, there: list[Standing]) -> None:
    """And once all before it take requests."""
    for current, act in steps(wanted, there):
        if act.kind == "start":
            assert act.ordinal not in {one.ordinal for one in current}
            ready = {one.ordinal for one in current if one.stands}
            assert set(range(act.ordinal)) <= ready


@given(wanted=st.integers(1, 5))
def test_a_roll_takes_one_at_a_time(wanted: int) -> None:
    """From the highest down, and never more than one is missing."""
    retired = []
    for current, act in steps(wanted, [up(n, REVISION - 1) for n in range(wanted)]):
        assert sum(one.ready for one in current) >= wanted - 1
        if act.kind == "retire":
            retired.append(act.id)

    assert retired == [f"{REVISION - 1}.{n}" for n in reversed(range(wanted))]


TABLE: dict[str, tuple[list[Standing], Act]] = {
    "nothing is there": ([], Act(kind="start", ordinal=0)),
    "the first is not ready yet": ([starting(up(0))], Act(kind="wait")),
    "the first is ready": ([up(0)], Act(kind="start", ordinal=1)),
    "all is as wanted": ([up(0), up(1)], Act(kind="settled")),
    "one has ended": ([up(0), ended(up(1))], Act(kind="revive", id="7.1")),
    "one has completed": ([up(0), replace(ended(up(1)), done=True)], Act(kind="settled")),
    "the lowest is lost": ([up(1)], Act(kind="start", ordinal=0)),
    "one too many": ([up(0), up(1), up(2), up(3)], Act(kind="retire", id="7.3")),
    "one too many, and it is not ready": ([up(0), up(1), starting(up(2))], Act(kind="retire", id="7.2")),
    "all are old": ([up(0, 6), up(1, 6)], Act(kind="retire", id="6.1")),
    "a new one is on trial": ([up(0, 6), starting(up(1))], Act(kind="wait")),
    "a new one is on trial, an old one fails": ([starting(up(0, 6)), starting(up(1))], Act(kind="wait")),
    "the new one is ready": ([up(0, 6), up(1)], Act(kind="retire", id="6.0")),
    "the old ones never come up": ([starting(up(0, 6)), starting(up(1, 6))], Act(kind="retire", id="6.0")),
    "an old one has ended": ([up(0, 6), ended(up(1, 6))], Act(kind="retire", id="6.1")),
    "one without a number": ([up(0), up(1), replace(up(9), ordinal=None)], Act(kind="retire", id="7.9")),
    "one number twice": ([up(0), up(1), replace(up(1, 6), id="twin")], Act(kind="retire", id="twin")),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_next_step_of_two_replicas(case: str) -> None:
    """Each beginning has one next step."""
    there, expected = TABLE[case]

    assert next_act(2, REVISION, there) == expected


@given(wanted=st.integers(0, 5), there=members)
def test_what_is_played_ends_where_the_steps_do(wanted: int, there: list[Standing]) -> None:
    """A plan that was played through waits for nobody."""
    better = [replace(one, ready=one.alive) for one in there]

    assert next_act(wanted, REVISION, after(better, played(wanted, REVISION, better))).kind == "settled"


def steps(wanted: int, there: list[Standing]) -> list[tuple[list[Standing], Act]]:
    """Return each state with the step that it leads to; one that starts becomes ready once nothing else is to do."""
    found, current = [], list(there)
    for turn in range(100):
        act = next_act(wanted, REVISION, current)
        found.append((current, act))
        if act.kind == "settled":
            return found
        if act.kind == "wait":
            current = [replace(one, ready=one.alive) for one in current]
        else:
            current = after(current, [act], turn=turn)
    pytest.fail(f"the roll does not end: {found[-3:]}")


def states(wanted: int, there: list[Standing]) -> list[list[Standing]]:
    """Return what is there in front of each step."""
    return [current for current, _ in steps(wanted, there)]


def after(there: list[Standing], acts: list[Act], turn: int = 0) -> list[Standing]:
    """Return what is there after these steps; what starts is not ready yet where a turn is given."""
    current = {one.id: one for one in there}
    for index, act in enumerate(acts):
        if act.kind == "start":
            made = replace(up(act.ordinal), id=f"new {turn}.{index}", ready=len(acts) > 1 or not turn)
            current[made.id] = made
        elif act.kind == "revive":
            current[act.id] = replace(current[act.id], alive=True, ready=len(acts) > 1 or not turn)
        else:
            del current[act.id]
    return list(current.values())
