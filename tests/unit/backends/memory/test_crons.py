"""Schedules on the twin: its clock begins what is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cloudkit.cloud import Cloud
from cloudkit.model.state import AppPhase, ReplicaPhase
from cloudkit.testing import Program, World, cloud, world_of


@pytest.fixture
def memory() -> Cloud:
    """A cloud with a program that takes ten seconds."""
    made = cloud()
    world_of(made).program("backup:1", Program(exits=10))
    world_of(made).program("slow:1", Program(exits=90))
    return made


@pytest.fixture
def world(memory: Cloud) -> World:
    """Its world."""
    return world_of(memory)


def starts(memory: Cloud) -> list[datetime]:
    """When replicas started."""
    return [one.time for one in memory.events() if one.action == "start"]


def test_a_week_is_a_moment(memory: Cloud, world: World) -> None:
    """Each day begins one run, at its time, and the last three stay."""
    backup = memory.deploy("backup", "backup:1", kind="cron", schedule="30 2 * * *")

    world.clock.advance(timedelta(days=7).total_seconds())

    assert starts(memory) == [datetime(2026, 1, day, 2, 30, tzinfo=UTC) for day in range(1, 8)]
    state = backup.status()
    assert [one.phase for one in state.replicas] == [ReplicaPhase.COMPLETED] * 3
    assert (state.phase, state.next_run) == (AppPhase.READY, datetime(2026, 1, 8, 2, 30, tzinfo=UTC))


def test_the_same_spec_again_begins_nothing_twice(memory: Cloud, world: World) -> None:
    """Nor does a change that leaves the schedule as it is."""
    for _ in range(3):
        memory.deploy("backup", "backup:1", kind="cron", schedule="@hourly")
    memory.app("backup").deploy(env={"LEVEL": "debug"})

    world.clock.advance(3600)

    assert len(starts(memory)) == 1


@pytest.mark.parametrize(("concurrency", "count"), [("forbid", 3), ("allow", 5), ("replace", 5)])
def test_runs_beside_each_other(memory: Cloud, world: World, concurrency: str, count: int) -> None:
    """A run of 90 s every minute: forbidden ones begin once the one before is over."""
    memory.deploy("slow", "slow:1", kind="cron", schedule="* * * * *", concurrency=concurrency)

    world.clock.advance(301)

    running = [one for one in memory.app("slow").status().replicas if one.phase is ReplicaPhase.READY]
    assert len(starts(memory)) == count
    assert len(running) == (2 if concurrency == "allow" else 1)


def test_a_controller_begins_nothing_twice(memory: Cloud, world: World) -> None:
    """The twin begins what is due itself."""
    memory.deploy("backup", "backup:1", kind="cron", schedule="* * * * *")

    for _ in range(4):
        world.clock.advance(60)
        list(memory.controller(once=True))

    assert len(starts(memory)) == 4


def test_a_deleted_schedule_begins_nothing(memory: Cloud, world: World) -> None:
    """Nor one that was suspended meanwhile."""
    memory.deploy("gone", "backup:1", kind="cron", schedule="@hourly")
    memory.deploy("kept", "backup:1", kind="cron", schedule="@hourly")
    memory.app("gone").delete()
    memory.app("kept").stop()

    world.clock.advance(7200)

    assert starts(memory) == []
