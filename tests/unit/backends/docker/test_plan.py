"""From what is there to what is to be done, as a table."""

from __future__ import annotations

import pytest
from unit.backends.docker.listing import app, observation, record, replica

from cloudkit.backends.docker.labels import Component
from cloudkit.backends.docker.observe import Observation, Seen
from cloudkit.backends.docker.plan import Situation, delete_actions, plan_actions, wanted_revision
from cloudkit.model.app import AppSpec
from cloudkit.model.mount import Mount
from cloudkit.model.port import Port
from cloudkit.model.secret import Secret


def situation(seen: Observation, current: AppSpec | None, *, networks: tuple[str, ...] = ("default",)) -> Situation:
    """What a plan starts from, with those networks there and no balancer."""
    return Situation(
        namespace="ns",
        seen=seen,
        current=current,
        networks=frozenset(networks),
        volumes=frozenset(),
        balancer_current=False,
    )


def steps(start: Situation, wanted: AppSpec) -> list[str]:
    """The plan, a line each."""
    return [str(action) for action in plan_actions(start, wanted)]


def test_the_first_deploy_makes_everything() -> None:
    """Record, network, volume, balancer, replicas."""
    wanted = app(
        replicas=2,
        ports=(Port(number=80, publish=8080),),
        mounts=(Mount(kind="volume", source="data", target="/data"),),
    )

    assert steps(situation(Observation(), None, networks=()), wanted) == [
        "record revision 1 generation 1",
        "create network default",
        "create volume data",
        "create balancer 127.0.0.1:8080 -> 80",
        "start replica revision 1",
        "start replica revision 1",
    ]


def test_another_published_port_takes_another_balancer_and_says_what_that_costs() -> None:
    """The engine changes no published port of a container."""
    before, wanted = (app(ports=(Port(number=80, publish=port),)) for port in (8080, 9090))
    front = Seen(id="b", name="ns.web.balancer", app="web", component=Component.BALANCER, state="running")
    seen = observation(record(1, spec=before), replica("web-1-a"), front)

    assert steps(situation(seen, before), wanted) == [
        "record revision 1 generation 2",
        "replace balancer web.balancer 127.0.0.1:9090 -> 80, connections are refused for some 0.3 s",
    ]


def test_what_is_true_already_needs_nothing() -> None:
    """So that applying twice restarts nothing."""
    seen = observation(record(1), replica("web-1-a"))

    assert steps(situation(seen, app()), app()) == []


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("running", []),
        ("restarting", []),
        ("created", ["start replica web-1-a"]),
        ("paused", ["start replica web-1-a"]),
        ("exited", ["start replica web-1-a"]),
        ("dead", ["start replica web-1-a"]),
    ],
)
def test_a_replica_that_does_not_run_is_started(state: str, expected: list[str]) -> None:
    """Whoever stopped or paused it; one that the engine is restarting is left to it."""
    seen = observation(record(1), replica("web-1-a", state=state))

    assert steps(situation(seen, app()), app()) == expected


def test_a_lost_replica_is_made_again() -> None:
    """Of the same revision and generation."""
    seen = observation(record(1, spec=app(replicas=2)), replica("web-1-a"))

    assert steps(situation(seen, app(replicas=2)), app(replicas=2)) == ["start replica revision 1"]


def test_another_template_rolls_one_by_one() -> None:
    """Each old replica goes after its successor has come."""
    seen = observation(record(1), replica("web-1-a"))

    assert steps(situation(seen, app()), app(env={"A": "1"})) == [
        "record revision 2 generation 2",
        "start replica revision 2",
        "drain replica web-1-a",
    ]


def test_another_value_of_a_secret_is_a_change_and_stays_unseen() -> None:
    """The plan says that it rolls, and no value."""
    before, after = app(env={"TOKEN": Secret("one")}), app(env={"TOKEN": Secret("two")})
    seen = observation(record(1, spec=before), replica("web-1-a"))

    lines = steps(situation(seen, before), after)

    assert lines[0] == "record revision 2 generation 2"
    assert "two" not in " ".join(lines)


def test_a_stopped_app_asks_for_nothing_around_it() -> None:
    """What a stop does not do its plan does not say, or it would never be empty."""
    wanted = app(stopped=True, ports=(Port(number=80),), mounts=(Mount(kind="volume", source="d", target="/d"),))
    seen = observation(record(2, spec=wanted), replica("web-1-a", state="exited", code=143))

    assert steps(situation(seen, wanted, networks=()), wanted) == []


def test_no_replicas_need_no_volume() -> None:
    """The engine makes it with the first of them."""
    wanted = app(replicas=0, mounts=(Mount(kind="volume", source="d", target="/d"),))

    assert steps(situation(observation(record(1, spec=wanted)), wanted), wanted) == []


def test_what_ended_well_is_left_so_unless_it_was_stopped() -> None:
    """A job that is done is done; a worker that ended with 0 as it was stopped starts again."""
    wanted, stopped = app(restart="on-failure"), app(restart="on-failure", stopped=True)
    ended = replica("web-1-a", state="exited", code=0)

    done = steps(situation(observation(record(1, spec=wanted), ended), wanted), wanted)
    started = steps(situation(observation(record(2, spec=stopped), ended), stopped), wanted)
    interrupted = observation(record(2, spec=stopped), record(3, spec=wanted), ended)
    again = steps(situation(interrupted, wanted), wanted)

    assert done == []
    assert started == ["record revision 1 generation 3", "start replica web-1-a"]
    assert again == ["start replica web-1-a"]


def test_a_revision_is_never_used_twice_while_something_of_it_is_there() -> None:
    """Neither a record nor a replica that an interrupted roll left behind."""
    seen = observation(record(1), replica("web-1-a"), replica("web-4-b", revision=4))

    assert wanted_revision(seen, app(), app(env={"A": "1"})) == 5
    assert wanted_revision(seen, app(), app(replicas=3)) == 1


def test_deleting_takes_the_records_last() -> None:
    """So that what is interrupted can be taken up again."""
    lines = [str(one) for one in delete_actions("ns", observation(record(1), record(2), replica("web-1-a")))]

    assert lines == ["remove replica web-1-a", "remove revision web.generation.1", "remove revision web.generation.2"]


STATEFUL = app(kind="stateful", replicas=3, mounts=(Mount(source="data", target="/data"),))


def numbered(*ordinals: int, revision: int = 1) -> Observation:
    """A record of a stateful app, and its replicas of these numbers."""
    return observation(record(1, spec=STATEFUL), *(replica(f"web-{n}", ordinal=n, revision=revision) for n in ordinals))


def test_a_stateful_app_is_made_in_order() -> None:
    """Its volumes, a name each."""
    wanted = STATEFUL.replace(replicas=2)

    assert steps(situation(Observation(), None), wanted) == [
        "record revision 1 generation 1",
        "create volume data-web-0",
        "create volume data-web-1",
        "start replica web-0 revision 1",
        "start replica web-1 revision 1",
    ]


def test_a_stateful_app_is_rolled_from_the_highest_down() -> None:
    """The one that goes is gone before another of its name starts."""
    rolled = STATEFUL.replace(mounts=(), restarted="again")

    assert steps(situation(numbered(0, 1, 2), STATEFUL), rolled) == [
        "record revision 2 generation 2",
        "drain replica web-2",
        "start replica web-2 revision 2",
        "drain replica web-1",
        "start replica web-1 revision 2",
        "drain replica web-0",
        "start replica web-0 revision 2",
    ]


def test_a_stateful_app_is_made_smaller_from_the_highest_down() -> None:
    """One after the other."""
    fewer = STATEFUL.replace(mounts=(), replicas=1)

    assert steps(situation(numbered(0, 1, 2), STATEFUL.replace(mounts=())), fewer) == [
        "record revision 1 generation 2",
        "drain replica web-2",
        "drain replica web-1",
    ]


def test_a_lost_replica_is_made_under_its_name() -> None:
    """And the others are left alone."""
    same = STATEFUL.replace(mounts=())

    assert steps(situation(numbered(0, 2), same), same) == ["start replica web-1 revision 1"]


def test_a_stateful_app_is_stopped_from_the_highest_down() -> None:
    """As it is made smaller."""
    same = STATEFUL.replace(mounts=())

    assert steps(situation(numbered(0, 1, 2), same), same.replace(stopped=True)) == [
        "record revision 1 generation 2",
        "stop replica web-2",
        "stop replica web-1",
        "stop replica web-0",
    ]
