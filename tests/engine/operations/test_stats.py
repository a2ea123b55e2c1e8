"""What replicas use, on a real engine."""

from __future__ import annotations

import time

import pytest
from engine.operations.workshop import Workshop

from cloudkit.backends.docker.operations.stats import read_stats

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]

MIB = 1024**2


def test_processor_time_is_in_cores(workshop: Workshop) -> None:
    """One that works as much as its limit lets it uses that limit; one that sleeps uses nothing."""
    workshop.start("while :; do :; done", nano_cpus=300_000_000)
    workshop.start("sleep 600")
    time.sleep(1)

    busy, idle = read_stats(workshop.api, workshop.targets)

    assert idle.cpu < busy.cpu / 2
    assert busy.cpu < 0.5


def test_memory_is_without_the_page_cache(workshop: Workshop) -> None:
    """A file that was read is no memory in use; a variable that holds as much is."""
    workshop.start("head -c 60000000 /dev/zero > /file; cat /file > /dev/null; sleep 600", mem_limit="200m")
    workshop.start("x=$(head -c 60000000 /dev/zero | tr '\\0' x); sleep 600")
    time.sleep(4)

    cached, held = read_stats(workshop.api, workshop.targets)

    assert cached.memory < 50 * MIB < held.memory
    assert (cached.memory_limit, held.memory_limit) == (200 * MIB, None)


def test_processes_and_network_are_counted(workshop: Workshop) -> None:
    """Threads and children count; a replica without network has no bytes."""
    workshop.start("sleep 600 & sleep 600 & wait")
    time.sleep(0.5)

    [usage] = read_stats(workshop.api, workshop.targets)

    assert (usage.pids or 0) >= 3
    assert (usage.received, usage.sent) == (0, 0)


def test_many_are_read_at_once(workshop: Workshop) -> None:
    """Ten replicas take no ten times as long as one, and come in their order."""
    for _ in range(10):
        workshop.start("sleep 600")
    begun = time.monotonic()

    found = read_stats(workshop.api, workshop.targets)

    assert [usage.replica for usage in found] == [target.name for target in workshop.targets]
    assert time.monotonic() - begun < 2.5


def test_one_that_does_not_run_is_left_out(workshop: Workshop) -> None:
    """Stopped, only created or gone: no figure, and no error."""
    workshop.create(["true"])
    workshop.ended(workshop.start("true"))
    gone = workshop.start("sleep 600")
    workshop.api.remove_container(gone.id, force=True)
    running = workshop.start("sleep 600")

    assert [usage.replica for usage in read_stats(workshop.api, workshop.targets)] == [running.name]


def test_a_paused_one_uses_nothing(workshop: Workshop) -> None:
    """A frozen replica has memory but no processor time."""
    target = workshop.start("while :; do sleep 0.01; done")
    workshop.api.pause(target.id)

    [usage] = read_stats(workshop.api, workshop.targets)
    workshop.api.unpause(target.id)

    assert usage.cpu < 0.01
    assert usage.memory > 0
