"""A cluster's events, and the ends of containers, are told in the words that every engine has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from cloudkit.backends.kubernetes.happening import Happening
from cloudkit.backends.kubernetes.labels import CONTAINER, Component, identity
from cloudkit.backends.kubernetes.objects import Pod
from cloudkit.backends.kubernetes.operations.happenings import apps_of, deaths, told_of

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def happening(reason: str, message: str = "", *, count: int = 1, kind: str = "Pod", name: str = "") -> Happening:
    """Return an event as the API server tells it; it came again for the last time after a minute."""
    told = {
        "metadata": {"uid": "e1"},
        "involvedObject": {"kind": kind, "name": name or "web-7d9f8b6c5-x7k2p"},
        "reason": reason,
        "message": message,
        "count": count,
        "firstTimestamp": NOON,
        "lastTimestamp": NOON + timedelta(minutes=count > 1),
    }
    return msgspec.convert(told, Happening)


def pod(
    *, now: dict[str, object] | None = None, before: dict[str, object] | None = None, over: int | None = None
) -> Pod:
    """Return a pod whose container ended so; ``over`` is when its time to stop ends, in seconds after noon."""
    metadata: dict[str, object] = {"name": "web-1-a", "uid": "p1", "labels": identity(Component.REPLICA, "web")}
    if over is not None:
        metadata |= {"deletionTimestamp": NOON + timedelta(seconds=over), "deletionGracePeriodSeconds": 30}
    status = {
        "name": CONTAINER,
        "state": {"terminated": now} if now else {"running": {}},
        "lastState": {"terminated": before} if before else {},
    }
    return msgspec.convert({"metadata": metadata, "status": {"containerStatuses": [status]}}, Pod)


def ended(code: int, *, reason: str = "Error", after: int = 0) -> dict[str, object]:
    """Return how a container ended, so many seconds after noon."""
    return {"exitCode": code, "reason": reason, "finishedAt": NOON + timedelta(seconds=after)}


@pytest.mark.parametrize(
    ("reason", "message", "action", "words"),
    [
        ("Started", "Started container app", "start", ""),
        ("Killing", "Stopping container app", "kill", "was asked to stop"),
        ("Unhealthy", "Readiness probe failed: refused", "health_status", "unhealthy, Readiness probe failed: refused"),
        ("FailedScheduling", "0/2 nodes", "failed_scheduling", "0/2 nodes"),
        ("BackOff", "Back-off restarting x in pod web-1_t-1(41a1b851-ebf2)", "back_off", "Back-off restarting x"),
    ],
)
def test_a_reason_becomes_our_word(reason: str, message: str, action: str, words: str) -> None:
    """Docker's where it has one, else Kubernetes' own, written as the others are."""
    (told,) = told_of(happening(reason, message), "web")

    assert (told.event.action, told.event.message, told.event.app) == (action, words, "web")


def test_an_event_that_came_again_is_told_first_and_last_and_how_often() -> None:
    """The count makes it another one, so that a follower hears of each time."""
    three, four = (list(told_of(happening("Started", count=count), "web")) for count in (3, 4))

    assert [(one.event.time, one.event.message) for one in three] == [
        (NOON, ""),
        (NOON + timedelta(minutes=1), "3 times by now"),
    ]
    assert three[0].key == four[0].key
    assert three[1].key != four[1].key


def test_a_pod_is_what_its_owner_tells_of() -> None:
    """The ReplicaSet made it, and it is the replica that was made."""
    owner = happening("SuccessfulCreate", "Created pod: web-7d9f8b6c5-x7k2p", kind="ReplicaSet", name="web-7d9f8b6c5")

    (told,) = told_of(owner, "web")

    assert (told.event.object, told.event.action) == ("web-7d9f8b6c5-x7k2p", "create")


def test_what_is_no_apps_is_left_out() -> None:
    """A Service, a pod that nobody has made, and what says the same twice."""
    assert apps_of("Service", "web") == ()
    assert apps_of("Pod", "alone") == ()
    assert list(told_of(happening("Created"), "web")) == []
    assert list(told_of(happening("UnexpectedJob", kind="CronJob", name="web"), "web")) == []


def test_a_run_is_what_its_schedule_tells_of() -> None:
    """The CronJob made the Job, and the Job the pod."""
    due = happening("SuccessfulCreate", "Created job tick-29453910", kind="CronJob", name="tick")
    begun = happening("SuccessfulCreate", "Created pod: tick-29453910-x7k2p", kind="Job", name="tick-29453910")

    told = [one.event.object for about in (due, begun) for one in told_of(about, "tick")]

    assert told == ["tick-29453910", "tick-29453910-x7k2p"]


@pytest.mark.parametrize(
    ("kind", "name", "apps"),
    [
        ("CronJob", "tick", ["tick"]),
        ("Job", "tick-29453910", ["tick"]),
        ("Job", "tick-m1767225600000", ["tick"]),
        ("Pod", "tick-29456789-x7k2p", ["tick", "tick"]),  # as a Deployment of that name would call it, too
        ("Pod", "migrate-1-x7k2p", ["migrate-1", "migrate"]),
        ("Job", "by-hand", []),
    ],
)
def test_a_name_says_whose_an_object_may_be(kind: str, name: str, apps: list[str]) -> None:
    """A run's is its app's, a number apart."""
    assert [one.app for one in apps_of(kind, name)] == apps


def test_a_crash_is_told_with_its_exit_code() -> None:
    """Of this life and of the one before, each by its own key."""
    told = list(deaths(pod(before=ended(3), now=ended(0, after=9))))

    assert [(one.event.action, one.event.message) for one in told] == [
        ("die", "crashed, exit code 3"),
        ("die", "ended, exit code 0 (ended well)"),
    ]
    assert len({one.key for one in told}) == 2


def test_a_lack_of_memory_is_told_before_the_end_that_it_brought() -> None:
    """As an engine tells it."""
    told = list(deaths(pod(before=ended(137, reason="OOMKilled"))))

    assert [one.event.action for one in told] == ["oom", "die"]
    assert "ran out of memory, exit code 137" in told[1].event.message


def test_a_stop_that_was_asked_for_is_no_crash() -> None:
    """What ended before it was asked to had crashed."""
    (asked,) = deaths(pod(now=ended(143, after=20), over=45))
    (crashed,) = deaths(pod(now=ended(143, after=5), over=45))

    assert asked.event.message.startswith("stopped as asked, exit code 143")
    assert crashed.event.message.startswith("crashed, exit code 143")
