"""Rows as engines list containers, read."""

from __future__ import annotations

from typing import Any

import pytest
from unit.backends.docker.listing import app, observation, record, replica

from cloudkit.backends.docker.labels import GENERATION, IMAGE, REVISION, Component, identity
from cloudkit.backends.docker.observe import Observation, observe
from cloudkit.backends.docker.records import KEPT, outdated


class Listing:
    """An engine of which nothing is asked but its list.

    Args:
        rows: The list.
    """

    def __init__(self, *rows: dict[str, Any]) -> None:
        self._rows = rows

    def containers(self, **_filters: object) -> list[dict[str, Any]]:
        """Return the rows."""
        return list(self._rows)


def row(component: Component, name: str, *, state: str = "running", **more: Any) -> dict[str, Any]:
    """A container of app ``web`` as an engine lists it."""
    labels = identity("ns", component, "web") | more.pop("labels", {})
    return {"Id": f"id-{name}", "Names": [f"/ns.{name}"], "Labels": labels, "State": state, "Created": 100, **more}


def seen(*rows: dict[str, Any]) -> Observation:
    """What is seen of the one app in a list."""
    listing: Any = Listing(*rows)
    return observe(listing, "ns").get("web", Observation())


def test_a_replica_is_read_from_its_row() -> None:
    """Labels, state and the address that it was given, not the one it has now."""
    networks = {
        "ns": {"IPAMConfig": {"IPv4Address": "10.0.0.200"}, "IPAddress": ""},
        "ns.db": {"IPAddress": "10.1.0.2"},
    }
    labels = {REVISION: "3", IMAGE: "docker.io/library/web:1"}

    (one,) = seen(
        row(Component.REPLICA, "web-3-a", labels=labels, NetworkSettings={"Networks": networks}, Status="Up 2 seconds")
    ).replicas

    assert (one.name, one.revision, one.address, one.alive) == ("ns.web-3-a", 3, "10.0.0.200", True)
    assert one.image is not None
    assert one.image.familiar == "web:1"


@pytest.mark.parametrize(
    ("state", "status", "alive", "awake", "code"),
    [
        ("running", "Up 3 minutes (healthy)", True, True, None),
        ("paused", "Up 3 minutes (Paused)", True, False, None),
        ("restarting", "Restarting (3) 1 second ago", True, True, 3),
        ("exited", "Exited (137) 2 hours ago", False, False, 137),
        ("exited", "Exited (0) Less than a second ago", False, False, 0),
        ("created", "Created", False, False, None),
        ("dead", "Dead", False, False, None),
    ],
)
def test_states_are_read(state: str, status: str, *, alive: bool, awake: bool, code: int | None) -> None:
    """In the engine's words."""
    (one,) = seen(row(Component.REPLICA, "web-1-a", state=state, Status=status)).replicas

    assert (one.alive, one.awake, one.exit_code) == (alive, awake, code)


@pytest.mark.parametrize(
    ("status", "healthy"),
    [("Up 1 second", True), ("Up 1 second (health: starting)", False), ("Up 1 minute (unhealthy)", False)],
)
def test_a_health_check_counts(status: str, *, healthy: bool) -> None:
    """While it has not passed, its replica is not healthy."""
    (one,) = seen(row(Component.REPLICA, "web-1-a", Status=status)).replicas

    assert one.healthy is healthy


def test_what_is_being_removed_or_is_no_part_of_an_app_is_left_out() -> None:
    """Tasks, looks, and containers on their way out."""
    found = seen(
        row(Component.REPLICA, "web-1-a", state="removing"),
        row(Component.TASK, "task"),
        {"Id": "x" * 64, "Names": None, "Labels": None, "State": "running"},
    )

    assert found.empty


def test_records_are_sorted_by_generation_as_numbers() -> None:
    """The tenth comes after the ninth; what is no number is none."""
    rows = [row(Component.RECORD, f"web.generation.{n}", labels={GENERATION: n}) for n in ("10", "9", "junk", "¹")]

    found = seen(*rows)

    assert [one.generation for one in found.records] == [0, 0, 9, 10]
    assert found.generation == 10


def test_a_balancer_shows_its_ports() -> None:
    """Only those that the host has."""
    ports = [{"PrivatePort": 80, "PublicPort": 8080, "IP": "127.0.0.1", "Type": "tcp"}, {"PrivatePort": 81}]

    balancer = seen(row(Component.BALANCER, "web.balancer", Ports=ports)).balancer

    assert balancer is not None
    assert balancer.ports == {80: ("127.0.0.1", 8080)}


def test_an_app_is_woken_until_the_record_of_its_stop_is_gone() -> None:
    """And not when another revision has taken over in the meantime."""
    stop = record(2, spec=app(stopped=True))

    assert observation(stop, record(3)).woken
    assert observation(stop, record(3), record(4)).woken
    assert not observation(record(2), record(3)).woken
    assert not observation(stop, record(3, revision=2)).woken
    assert not observation(stop).woken
    assert not Observation().woken


@pytest.mark.parametrize(
    ("records", "gone"),
    [
        ([(1, 1)], []),
        ([(1, 1), (2, 1)], [1]),
        ([(1, 1), (2, 2), (3, 1)], [1]),
        ([(n, n) for n in range(1, KEPT + 3)], [2, 1]),
    ],
)
def test_the_newest_record_of_each_of_the_last_revisions_stays(records: list[tuple[int, int]], gone: list[int]) -> None:
    """The rest is of no use to the present or to a rollback."""
    found = observation(*(record(generation, revision) for generation, revision in records), replica("web-1-a"))

    assert [one.generation for one in outdated(found)] == gone
