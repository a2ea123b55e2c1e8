"""An app's state, from what an engine lists and a balancer says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from unit.backends.docker.listing import app, observation, replica

from cloudkit.backends.docker.labels import Component
from cloudkit.backends.docker.observe import Seen
from cloudkit.backends.docker.records import Record
from cloudkit.backends.docker.state import app_state, published_url
from cloudkit.model.app import AppSpec
from cloudkit.model.port import Port
from cloudkit.model.state import AppState, ReplicaPhase

NOW = datetime(2026, 1, 31, tzinfo=UTC)


def record_of(spec: AppSpec) -> Record:
    """The first record of an app."""
    return Record(id="r", generation=1, revision=1, spec=spec, created_at=NOW)


def state_of(
    one: Seen, spec: AppSpec | None = None, *, up: bool = True, drains: bool = False, **detail: Any
) -> AppState:
    """The state of an app with that replica."""
    names = frozenset({one.name})
    return app_state(
        "ns",
        record_of(spec or app()),
        observation(one),
        up=names if up else frozenset(),
        draining=names if drains else frozenset(),
        details={one.id: detail},
    )


@pytest.mark.parametrize(
    ("one", "spec", "up", "phase"),
    [
        (replica("a"), app(), True, ReplicaPhase.READY),
        (replica("a"), app(), False, ReplicaPhase.STARTING),
        (replace(replica("a"), status="Up 1 minute (unhealthy)"), app(), True, ReplicaPhase.UNREADY),
        (replica("a", state="paused"), app(), True, ReplicaPhase.UNREADY),
        (replica("a", state="created"), app(), False, ReplicaPhase.PENDING),
        (replica("a", state="exited", code=1), app(), False, ReplicaPhase.CRASHED),
        (replica("a", state="exited", code=0), app(), False, ReplicaPhase.CRASHED),
        (replica("a", state="exited", code=0), app(restart="never"), False, ReplicaPhase.COMPLETED),
        (replica("a", state="exited", code=1), app(restart="never"), False, ReplicaPhase.CRASHED),
        (replica("a", state="exited", code=137), app(stopped=True), False, ReplicaPhase.STOPPED),
        (replica("a", state="dead"), app(), False, ReplicaPhase.CRASHED),
    ],
)
def test_a_replica_stands_where_engine_and_balancer_see_it(
    one: Seen, spec: AppSpec, *, up: bool, phase: ReplicaPhase
) -> None:
    """A stop that was asked for is no crash."""
    assert state_of(one, spec, up=up).replicas[0].phase is phase


def test_one_that_gets_no_new_requests_is_draining() -> None:
    """Though it still answers."""
    assert state_of(replica("a"), drains=True).replicas[0].phase is ReplicaPhase.DRAINING


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-01-31T10:00:00.123456789Z", datetime(2026, 1, 31, 10, 0, 0, 123456, UTC)),
        ("2026-01-31T10:00:00Z", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("2026-01-31T12:00:00.5+02:00", datetime(2026, 1, 31, 10, 0, 0, 500000, UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("", None),
    ],
)
def test_times_are_read_with_their_zone(text: str, time: datetime | None) -> None:
    """Docker's have nine digits, Podman's an offset; the year 1 means never."""
    assert state_of(replica("a"), State={"StartedAt": text}).replicas[0].started_at == time


def test_the_last_exit_code_outlives_a_restart() -> None:
    """One that has never ended has none."""
    restarted = state_of(replica("a"), RestartCount=2, State={"ExitCode": 3, "Status": "running"})

    assert (restarted.replicas[0].exit_code, restarted.replicas[0].restarts) == (3, 2)
    assert state_of(replica("a"), State={"ExitCode": 0, "Status": "running"}).replicas[0].exit_code is None


@pytest.mark.parametrize(
    ("bound", "protocol", "url"),
    [
        (("127.0.0.1", 8080), "http", "http://far:8080"),
        (("0.0.0.0", 8080), "http", "http://far:8080"),
        (("192.0.2.7", 8080), "http", "http://192.0.2.7:8080"),
        (("2001:db8::7", 8080), "tcp", "tcp://[2001:db8::7]:8080"),
    ],
)
def test_the_url_is_where_the_first_published_port_is_reached(bound: tuple[str, int], protocol: str, url: str) -> None:
    """By the engine's host where it is bound everywhere or to loopback; empty while the balancer is down."""
    spec = app(ports=(Port(number=81), Port(number=80, publish=8080, protocol=protocol)))  # type: ignore[arg-type]  # parametrised
    balancer = Seen(id="b", name="b", app="web", component=Component.BALANCER, state="running", ports={61001: bound})

    assert published_url(record_of(spec), observation(balancer), "far") == url
    assert published_url(record_of(spec), observation(replace(balancer, state="exited")), "far") == ""
