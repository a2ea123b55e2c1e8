"""What happened to replicas, on a real engine, in words."""

from __future__ import annotations

import os
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import islice

import docker
import pytest
from engine.operations.workshop import STOPS, Relay, Workshop

from cloudkit.backends.docker.labels import Component
from cloudkit.backends.docker.operations.events import read_events
from cloudkit.errors import BackendError
from cloudkit.model.log import Event, LogQuery

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]


def past(workshop: Workshop, app: str | None = "web", **query: object) -> list[Event]:
    """Return what has happened, once nothing more comes: the engine tells of an ending later than it answers a wait."""
    wanted = LogQuery(**query)  # type: ignore[arg-type]  # a test's own words
    found: list[Event] | None = None
    while (now := list(read_events(workshop.api, workshop.namespace, app, wanted))) != found:
        found = now
        time.sleep(0.4)
    return now


def deaths(workshop: Workshop) -> list[str]:
    """Return how replicas ended, in words."""
    return [event.message for event in past(workshop) if event.action == "die"]


def ends(workshop: Workshop) -> list[Event]:
    """Return what tells that a replica ended, and that its memory did."""
    return [event for event in past(workshop) if event.action in {"oom", "die"}]


def test_a_stop_that_was_asked_for_is_no_crash(workshop: Workshop) -> None:
    """Neither when the replica obeys, nor when it has to be killed after its grace."""
    obedient = workshop.start("sleep 600")
    deaf = workshop.start("trap '' TERM; while :; do sleep 0.1; done")
    time.sleep(0.5)
    workshop.api.stop(obedient.id, timeout=5)
    workshop.api.stop(deaf.id, timeout=1)

    assert deaths(workshop) == [
        "stopped as asked, exit code 143 (was asked to stop, SIGTERM)",
        "stopped as asked, exit code 137 (was killed, SIGKILL)",
    ]


def test_a_crash_says_its_exit_code(workshop: Workshop) -> None:
    """What ended by itself is a crash, unless its exit code is 0."""
    for script in ("exit 3", "exit 0", "kill -SEGV $$"):
        workshop.ended(workshop.start(script))

    assert deaths(workshop) == [
        "crashed, exit code 3",
        "ended, exit code 0 (ended well)",
        "crashed, exit code 139 (broke a memory bound, SIGSEGV)",
    ]


def test_out_of_memory_is_said(workshop: Workshop) -> None:
    """A replica that the kernel killed for its memory is told as such, in whichever order the engine says so."""
    workshop.ended(workshop.start("exec tail /dev/zero", mem_limit="20m", memswap_limit="20m", init=False))
    told = ends(workshop)
    for _ in range(20):
        if len(told) == 2:
            break
        time.sleep(0.5)
        told = ends(workshop)

    first = {"oom": "ran out of memory", "die": "crashed"}[told[0].action]
    assert {event.action for event in told} == {"oom", "die"}
    assert deaths(workshop) == [f"{first}, exit code 137 (was killed, SIGKILL)"]


def test_a_crash_after_a_restart_is_a_crash_again(workshop: Workshop) -> None:
    """That a replica was once stopped as asked does not excuse what it does later."""
    target = workshop.start("test -e /second && exit 9; touch /second; sleep 600")
    time.sleep(0.5)
    workshop.api.restart(target.id, timeout=5)
    workshop.ended(target)

    assert deaths(workshop) == [
        "stopped as asked, exit code 143 (was asked to stop, SIGTERM)",
        "crashed, exit code 9",
    ]


def test_an_app_sees_its_own_events_and_the_namespace_all(workshop: Workshop) -> None:
    """Apps of one namespace are told apart; records of ours are nobody's concern."""
    workshop.ended(workshop.start("true", app="web"))
    workshop.ended(workshop.start("true", app="db"))
    workshop.create(["true"], app="web", component=Component.RECORD)

    assert {event.app for event in past(workshop)} == {"web"}
    assert {(event.app, event.object) for event in past(workshop, app=None)} == {("web", "web-0"), ("db", "db-1")}


def test_tail_since_and_until_bound_them(workshop: Workshop) -> None:
    """The last ones, the younger ones, the older ones."""
    target = workshop.start("sleep 600")
    time.sleep(1)
    middle = datetime.now(UTC)
    workshop.api.kill(target.id)
    workshop.api.wait(target.id)

    assert [event.action for event in past(workshop, tail=2)] == ["kill", "die"]
    assert [event.action for event in past(workshop, since=middle)] == ["kill", "die"]
    assert [event.action for event in past(workshop, until=middle)] == ["create", "start"]


def test_an_ending_is_known_to_be_asked_for_though_the_asking_is_older(workshop: Workshop) -> None:
    """What is read begins before what is shown."""
    target = workshop.start("trap '' TERM; while :; do sleep 0.1; done")
    time.sleep(0.5)
    threading.Thread(target=workshop.api.stop, args=(target.id,), kwargs={"timeout": 2}).start()
    time.sleep(1)
    after_the_signal = datetime.now(UTC)
    workshop.ended(target)
    time.sleep(0.2)

    younger = past(workshop, since=after_the_signal)
    assert "SIGTERM" not in {event.message for event in younger}
    assert [event.message[:16] for event in younger if event.action == "die"] == ["stopped as asked"]


def test_what_happens_comes_while_it_happens(workshop: Workshop) -> None:
    """Followed events begin now, and come within a second."""
    target = workshop.start("sleep 600")
    events = read_events(workshop.api, workshop.namespace, "web", LogQuery(follow=True))
    threading.Timer(1, workshop.api.stop, (target.id,), {"timeout": 5}).start()

    seen = list(islice(events, 3))
    events.close()

    assert {event.action for event in seen} == {"kill", "die", "stop"}
    assert datetime.now(UTC) - seen[-1].time < timedelta(seconds=2)


def test_the_past_and_what_follows_meet_without_a_gap(workshop: Workshop) -> None:
    """Each event comes once."""
    target = workshop.start("sleep 600")
    events = read_events(workshop.api, workshop.namespace, "web", LogQuery(follow=True, tail=2))
    seen = [next(events).action, next(events).action]
    workshop.api.pause(target.id)
    workshop.api.unpause(target.id)

    seen += [next(events).action, next(events).action]
    events.close()

    assert seen == ["create", "start", "pause", "unpause"]


def test_following_ends_when_until_has_passed(workshop: Workshop) -> None:
    """An end in the future ends it."""
    until = datetime.now(UTC) + timedelta(seconds=1.5)

    assert past(workshop, follow=True, until=until) == []
    assert datetime.now(UTC) >= until - timedelta(seconds=0.5)


def test_health_is_told(workshop: Workshop) -> None:
    """A health check of the engine's shows in its words; the commands that it runs do not."""
    name = f"{workshop.namespace}.health"
    made = workshop.api.create_container(
        "debian:bookworm-slim",
        ["sleep", "600"],
        name=name,
        labels={"app.kubernetes.io/managed-by": "cloudkit", "cloudkit/namespace": workshop.namespace},
        healthcheck={"test": ["CMD", "true"], "interval": 200_000_000},
        host_config=workshop.api.create_host_config(network_mode="none"),
    )
    workshop.api.start(made["Id"])
    time.sleep(1.5)

    events = past(workshop, app=None)

    assert ("health_status", "healthy") in [(event.action, event.message) for event in events]
    assert not [event for event in events if event.action.startswith("exec")]


@STOPS
def test_an_engine_that_stops_is_an_error_within_seconds(
    workshop: Workshop, relay: Relay, far_api: docker.APIClient
) -> None:
    """Whoever follows is told."""
    events = read_events(far_api, workshop.namespace, None, LogQuery(follow=True))
    threading.Timer(0.5, relay.stop).start()
    begun = time.monotonic()

    with pytest.raises(BackendError):
        next(events)

    assert time.monotonic() - begun < 5


def test_an_interrupt_ends_it(workshop: Workshop) -> None:
    """Ctrl-C while it waits leaves no connection."""
    events = read_events(workshop.api, workshop.namespace, None, LogQuery(follow=True))
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()

    with pytest.raises(KeyboardInterrupt):
        next(events)
