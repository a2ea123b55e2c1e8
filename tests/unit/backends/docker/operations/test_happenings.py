"""The engine's events become words, and a stop that was asked for is no crash."""

from __future__ import annotations

from typing import Any

import pytest

from cloudkit.backends.docker.labels import Component, identity
from cloudkit.backends.docker.operations.happenings import Happenings


def raw(action: str, component: Component = Component.REPLICA, **attributes: str) -> dict[str, Any]:
    """Return an event as the engine sends it."""
    labels = identity("blue", component, "web")
    return {
        "Action": action,
        "Actor": {"ID": "c1", "Attributes": {**labels, "name": "blue.web-1", **attributes}},
        "timeNano": 1_700_000_000_123_456_789,
    }


def words(*events: dict[str, Any]) -> list[str]:
    """Return what the events say."""
    happenings = Happenings("blue")
    return [event.message for one in events if (event := happenings.read(one)) is not None]


@pytest.mark.parametrize(
    ("before", "code", "expected"),
    [
        ([], "1", "crashed, exit code 1"),
        ([], "137", "crashed, exit code 137 (was killed, SIGKILL)"),
        ([], "0", "ended, exit code 0 (ended well)"),
        ([raw("kill", signal="15")], "143", "stopped as asked, exit code 143 (was asked to stop, SIGTERM)"),
        ([raw("kill", signal="15")], "1", "stopped as asked, exit code 1"),
        ([raw("kill", signal="9")], "137", "stopped as asked, exit code 137 (was killed, SIGKILL)"),
        ([raw("kill", signal="1")], "129", "stopped as asked, exit code 129 (ended by a signal, SIGHUP)"),
        ([raw("kill", signal="1")], "2", "crashed, exit code 2"),
        ([raw("oom")], "137", "ran out of memory, exit code 137 (was killed, SIGKILL)"),
        ([raw("kill", signal="15"), raw("start")], "1", "crashed, exit code 1"),
    ],
)
def test_an_ending_says_why(before: list[dict[str, Any]], code: str, expected: str) -> None:
    """What came before decides what an ending is."""
    assert words(*before, raw("die", exitCode=code))[-1] == expected


def test_what_it_happened_to_is_named_as_people_know_it() -> None:
    """The object is the replica's name without the namespace; the time is the engine's."""
    event = Happenings("blue").read(raw("start"))

    assert event is not None
    assert (event.app, event.object, event.action) == ("web", "web-1", "start")
    assert event.time.microsecond == 123456


@pytest.mark.parametrize("event", [raw("exec_create: sh -c x"), raw("attach"), raw("create", Component.RECORD)])
def test_what_concerns_nobody_is_left_out(event: dict[str, Any]) -> None:
    """Probes that run commands, and records of ours, are no events of the app's."""
    assert Happenings("blue").read(event) is None


def test_a_task_fails_and_does_not_crash() -> None:
    """A task that ends with another code than 0 has failed."""
    assert words(raw("die", Component.TASK, exitCode="4")) == ["failed, exit code 4"]


def test_health_is_a_word_of_its_own() -> None:
    """The engine writes action and detail in one."""
    event = Happenings("blue").read(raw("health_status: unhealthy"))

    assert event is not None
    assert (event.action, event.message) == ("health_status", "unhealthy")
