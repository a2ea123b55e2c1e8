"""A controller at work on the twin."""

from __future__ import annotations

import pytest

from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError, RolloutError, UsageError
from cloudkit.testing import Program, World, cloud, world_of


@pytest.fixture
def memory() -> Cloud:
    """A cloud with an app of two replicas."""
    made = cloud()
    world_of(made).program("web:1", Program(), ports=(80,))
    made.deploy("web", "web:1", port=80, publish=False, replicas=2)
    return made


@pytest.fixture
def world(memory: Cloud) -> World:
    """Its world."""
    return world_of(memory)


def once(memory: Cloud) -> list[tuple[str, str]]:
    """Let a controller do what there is to do; return what it told of apps."""
    return [(one.app, one.action) for one in memory.controller(once=True) if one.app]


def test_it_tells_what_it_does(memory: Cloud, world: World) -> None:
    """When it begins, and what came of it."""
    world.faults.lose(memory.app("web").status().replicas[0].name)

    told = [(one.app, one.object, one.action, one.message) for one in memory.controller(once=True)]

    assert told[0][:3] == ("", "controller", "heals")
    assert told[1] == ("web", "app", "heals", "create replica")
    assert told[2][:3] == ("web", "app", "healed")


def test_apps_without_need_are_left_alone(memory: Cloud) -> None:
    """Nothing is told of them."""
    assert once(memory) == []


def test_a_cause_is_told_once_and_the_next_attempt_waits(memory: Cloud, world: World) -> None:
    """However often it is looked at."""
    world.faults.refuse_start("web")
    world.faults.lose(memory.app("web").status().replicas[0].name)
    begun, told = world.clock.seconds, list[str]()

    for event in memory.controller():
        told.append(event.action)
        if world.clock.seconds > begun + 200 or len(told) > 20:
            break
        if told.count("heals") == 4:  # the controller's own word, and three attempts
            break

    assert told.count("failed") == 1
    assert world.clock.seconds - begun >= 10 + 20


def test_another_writers_change_is_no_failure(memory: Cloud, world: World) -> None:
    """It looks again, and finds what the other wants."""
    world.faults.lose(memory.app("web").status().replicas[0].name)
    world.faults.conflict_next()

    told = once(memory)

    assert "failed" not in [action for _, action in told]
    assert memory.app("web").status().ready == 2


def test_a_second_one_hears_who_heals(memory: Cloud) -> None:
    """And waits."""
    with memory.backend.heal("the first"):  # type: ignore[attr-defined]  # of an engine that needs it
        second = memory.controller()
        event = next(second)

    assert (event.action, event.message) == ("waits", "another controller heals this namespace: the first")
    assert next(second).action == "heals"


def test_one_that_has_lost_its_right_acts_no_more(memory: Cloud, world: World) -> None:
    """It waits for its turn again."""
    first = memory.controller()
    assert next(first).action == "heals"

    world.healers["cloudkit"] = "another"

    assert [next(first).message, next(first).message] == [
        "the right to heal is lost",
        "another controller heals this namespace: another",
    ]


def test_an_interval_that_makes_no_sense_is_refused(memory: Cloud) -> None:
    """Before anything is done."""
    with pytest.raises(UsageError, match="interval"):
        memory.controller(interval=0)


def test_one_that_is_left_gives_up_its_right(memory: Cloud) -> None:
    """As Ctrl-C does."""
    first = memory.controller()
    next(first)
    first.close()  # type: ignore[attr-defined]  # it is a generator

    assert once(memory) == []


def test_what_cannot_be_deployed_is_not_deployed_by_a_controller(memory: Cloud, world: World) -> None:
    """What is wanted stays what it was."""
    world.program("web:2", Program(exits=0.1, exit_code=3))
    with pytest.raises((RolloutError, ConflictError)):
        memory.deploy("web", "web:2", port=80, publish=False)
    generation = memory.app("web").status().generation

    once(memory)

    assert memory.app("web").status().generation == generation


def test_a_crash_loop_is_told_once_and_left_to_the_engine(memory: Cloud, world: World) -> None:
    """It restarts it already, ever more seldom; nothing is made new."""
    world.program("web:3", Program(starts=1, exits=8, exit_code=3), ports=(80,))
    web = memory.deploy("web", "web:3", port=80, publish=False)
    before, begun, told = {one.id for one in web.status().replicas}, world.clock.seconds, list[str]()

    world.clock.after(300, world.healers.clear)  # so that it tells of its end, and is left
    for event in memory.controller():
        told.append(event.action)
        if world.clock.seconds >= begun + 300:
            break

    assert told == ["heals", "ails", "waits"]
    assert {one.id for one in web.status().replicas} == before
