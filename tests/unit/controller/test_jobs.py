"""Jobs that nobody waits for, in a controller's hands on the twin."""

from __future__ import annotations

import pytest

from cloudkit.cloud import Cloud
from cloudkit.errors import RolloutError
from cloudkit.model.state import AppPhase
from cloudkit.testing import Killed, Program, cloud, world_of


@pytest.fixture
def memory() -> Cloud:
    """A cloud with a program that ends well and one that fails."""
    made = cloud()
    world_of(made).program("good:1", Program(exits=2))
    world_of(made).program("bad:1", Program(exits=2, exit_code=1))
    return made


def once(memory: Cloud) -> list[tuple[str, str]]:
    """Let a controller do what there is to do; return what it told of apps."""
    return [(one.app, one.action) for one in memory.controller(once=True) if one.app]


def test_a_job_that_has_ended_is_left_alone(memory: Cloud) -> None:
    """Well or not: that it failed is no reason to run it again."""
    memory.deploy("good", "good:1", kind="job")
    with pytest.raises(RolloutError):
        memory.deploy("bad", "bad:1", kind="job", retries=0)
    before = [one.replicas for one in memory.apps()]

    told = once(memory)

    assert told == []
    assert [one.replicas for one in memory.apps()] == before


def test_an_interrupted_job_is_carried_on(memory: Cloud) -> None:
    """To its end, by as many looks as it takes."""
    world = world_of(memory)
    world.faults.kill_at(3)
    with pytest.raises(Killed):
        memory.deploy("load", "good:1", kind="job", completions=3)
    world.faults.clear()

    told = once(memory)
    world.clock.advance(10)

    assert ("load", "healed") in told
    assert (memory.app("load").status().phase, memory.app("load").status().ready) == (AppPhase.COMPLETED, 3)
