"""Following logs on a real engine: across restarts, rolls and broken connections, until somebody closes it."""

from __future__ import annotations

import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import docker
import pytest
from engine.operations.workshop import STOPS, Relay, Workshop

from cloudkit.backends.docker.operations.logs import read_logs
from cloudkit.errors import BackendError, NotFoundError
from cloudkit.model.log import LogLine, LogQuery

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]

COUNTING = "i=0; while :; do i=$((i+1)); echo $i; sleep 0.02; done"


def follow(workshop: Workshop, **query: object) -> Iterator[LogLine]:
    """Follow all containers of the test."""
    return read_logs(workshop.api, lambda: list(workshop.targets), LogQuery(follow=True, **query))  # type: ignore[arg-type]  # a test's own words


def until(lines: Iterator[LogLine], wanted: Callable[[LogLine], bool]) -> list[LogLine]:
    """Take lines up to the first that is wanted."""
    seen = []
    for line in lines:
        seen.append(line)
        if wanted(line):
            return seen
    raise AssertionError(f"ended without it: {[line.text for line in seen][-5:]}")


def test_lines_come_while_they_are_printed(workshop: Workshop) -> None:
    """A line is there within a second, without waiting for more."""
    workshop.start("sleep 1; echo now; sleep 60")

    line = next(follow(workshop))

    assert line.text == "now"
    assert datetime.now(UTC) - line.time < timedelta(seconds=1)


def test_the_past_comes_first_and_in_order(workshop: Workshop) -> None:
    """Following begins with what was printed before, all replicas by time."""
    script = "for i in 1 2 3 4 5; do echo old; sleep 0.05; done; sleep 1; echo new; sleep 60"
    for _ in range(3):
        workshop.start(script)

    lines = list(islice(follow(workshop), 18))

    assert sorted(line.text for line in lines) == ["new"] * 3 + ["old"] * 15
    assert all(one.time <= two.time for one, two in pairwise(lines))


def test_a_restart_loses_and_doubles_no_line(workshop: Workshop) -> None:
    """A replica that ends and starts again is followed on, each of its lines once."""
    target = workshop.start("echo life >> /life; n=$(wc -l < /life); for i in 1 2 3; do echo $n.$i; done; sleep 60")
    lines = follow(workshop)
    first = until(lines, lambda line: line.text == "1.3")
    workshop.api.restart(target.id, timeout=1)

    second = until(lines, lambda line: line.text == "2.3")

    assert [line.text for line in first + second] == ["1.1", "1.2", "1.3", "2.1", "2.2", "2.3"]


def test_a_crash_loop_is_followed_from_life_to_life(workshop: Workshop) -> None:
    """What each short life prints comes through, also its last words."""
    script = "echo life >> /life; n=$(wc -l < /life); echo $n begin; echo $n end; exit 1"
    workshop.start(script, restart_policy={"Name": "always"})

    lines = until(follow(workshop), lambda line: line.text == "4 end")

    assert [line.text for line in lines] == [f"{life} {word}" for life in range(1, 5) for word in ("begin", "end")]


def test_new_replicas_join_and_removed_ones_leave(workshop: Workshop) -> None:
    """Over a roll the lines go on: the new replica's from its first one, the old one's to its last."""
    old = workshop.start("echo old; sleep 60")
    lines = follow(workshop, tail=0)
    joined = workshop.start("echo first; sleep 1; echo later; sleep 60")
    seen = until(lines, lambda line: line.text == "first")
    workshop.remove(old)

    seen += until(lines, lambda line: line.text == "later")

    assert [(line.replica, line.text) for line in seen] == [(joined.name, "first"), (joined.name, "later")]


def test_tail_none_of_the_past_still_gives_what_comes(workshop: Workshop) -> None:
    """``tail=0`` leaves out what was there, and nothing else."""
    workshop.start("echo past; sleep 1; echo future; sleep 60")
    time.sleep(0.5)

    assert next(follow(workshop, tail=0)).text == "future"


def test_it_ends_when_the_app_is_gone(workshop: Workshop) -> None:
    """The last lines are given, then the iterator ends."""
    target = workshop.start("echo bye; sleep 60")
    gone = threading.Event()

    def replicas() -> list[object]:
        if gone.is_set():
            raise NotFoundError("gone")
        return list(workshop.targets)

    lines = read_logs(workshop.api, replicas, LogQuery(follow=True))  # type: ignore[arg-type]  # a list of targets
    first = next(lines)
    workshop.remove(target)
    gone.set()

    assert [first.text, *(line.text for line in lines)] == ["bye"]


def test_it_ends_when_until_has_passed(workshop: Workshop) -> None:
    """A followed query with an end ends, whether or not anything is printed."""
    workshop.start("echo now; sleep 60")

    lines = follow(workshop, until=datetime.now(UTC) + timedelta(seconds=1.5))

    assert [line.text for line in lines] == ["now"]


def test_a_broken_connection_loses_and_doubles_no_line(
    workshop: Workshop, relay: Relay, far_api: docker.APIClient
) -> None:
    """When connections break under a stream of lines, it goes on with the next one."""
    workshop.start(COUNTING)
    lines = read_logs(far_api, lambda: list(workshop.targets), LogQuery(follow=True))
    seen = []
    for _ in range(4):
        seen += [line.text for line in islice(lines, 25)]
        relay.break_connections()
    seen += [line.text for line in islice(lines, 25)]
    lines.close()

    assert seen == [str(number) for number in range(1, 126)]


@STOPS
def test_an_engine_that_stops_is_an_error_within_seconds(
    workshop: Workshop, relay: Relay, far_api: docker.APIClient
) -> None:
    """Whoever follows is told, and does not wait for lines that cannot come."""
    workshop.start("echo here; sleep 60")
    lines = read_logs(far_api, lambda: list(workshop.targets), LogQuery(follow=True))
    next(lines)
    relay.stop()
    begun = time.monotonic()

    with pytest.raises(BackendError):
        next(lines)

    assert time.monotonic() - begun < 5


def test_an_interrupt_ends_it_cleanly(workshop: Workshop) -> None:
    """Ctrl-C while it waits for lines leaves no thread and no connection, within a second."""
    workshop.start("echo here; sleep 60")
    workshop.start("sleep 60")
    lines = follow(workshop)
    next(lines)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    begun = time.monotonic()

    with pytest.raises(KeyboardInterrupt):
        next(lines)

    assert time.monotonic() - begun < 1.5
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("cloudkit-")] == []


def test_a_flood_waits_for_its_reader(workshop: Workshop) -> None:
    """A replica that prints faster than anybody reads is held back, in bounded memory, and nothing is lost."""
    workshop.start("seq 400000; sleep 60")
    lines = follow(workshop)
    next(lines)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    time.sleep(2)

    waiting = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    more = [line.text for line in islice(lines, 20_000)]

    assert more == [str(number) for number in range(2, 20_002)]
    assert waiting < 16 * 1024


def test_a_paused_replica_stops_nobody_else(workshop: Workshop) -> None:
    """One that is frozen is silent; the others are read on."""
    frozen = workshop.start(COUNTING)
    workshop.api.pause(frozen.id)
    lines = follow(workshop, tail=0)
    other = workshop.start("echo here; sleep 60")

    seen = until(lines, lambda line: line.replica == other.name)
    workshop.api.unpause(frozen.id)

    assert seen[-1].text == "here"


def test_a_replica_that_starts_later_is_read_from_its_beginning(workshop: Workshop) -> None:
    """A container that is only created is waited for."""
    target = workshop.create(["sh", "-c", "echo first; sleep 60"])
    threading.Timer(1, workshop.api.start, (target.id,)).start()

    assert next(follow(workshop)).text == "first"
