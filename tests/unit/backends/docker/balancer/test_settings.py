"""What of a spec reaches its balancer, and what is refused before it gets there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudkit.backends.docker.balancer import BalancerSettings, Check, balanced, settings_for
from cloudkit.backends.docker.balancer.settings import front_ports
from cloudkit.errors import UsageError
from cloudkit.model.app import AppSpec
from cloudkit.model.port import Port
from cloudkit.model.probe import ExecProbe, HttpProbe, Probe, TcpProbe
from cloudkit.model.reference import Reference

IMAGE = Reference.parse("web@sha256:" + "0" * 64)
WEB = (Port(number=3000),)


def spec(*, ports: tuple[Port, ...] = WEB, readiness: Probe | None = None) -> AppSpec:
    """Return an app with these ports and this probe."""
    return AppSpec(name="web", image=IMAGE, ports=ports, readiness=readiness)


def test_without_a_probe_the_first_port_being_open_is_the_check() -> None:
    """No probe means: a connection to the first port."""
    check = settings_for(spec()).check

    assert check == Check(port=3000, path=None)


def test_a_probe_by_http_is_the_check_with_all_its_times() -> None:
    """Path, port, period, timeout and thresholds of the probe hold."""
    probe = HttpProbe(path="/up", port=8081, period=5, timeout=2, success_threshold=2, failure_threshold=4)

    check = settings_for(spec(readiness=probe)).check

    assert check == Check(port=8081, path="/up", period=5, timeout=2, rise=2, fall=4)


def test_a_command_as_probe_leaves_the_balancer_to_look_at_the_port() -> None:
    """The balancer runs no commands, but still sees a replica that is gone."""
    check = settings_for(spec(readiness=ExecProbe(command=("true",)))).check

    assert check is not None
    assert (check.port, check.path) == (3000, None)


@pytest.mark.parametrize(
    ("ports", "readiness", "expected"),
    [
        (WEB, None, True),
        ((), TcpProbe(port=5432), True),
        ((), None, False),
        ((), ExecProbe(command=("true",)), False),
    ],
)
def test_an_app_has_a_balancer_when_it_has_a_port_or_a_probe_of_one(
    *, ports: tuple[Port, ...], readiness: Probe | None, expected: bool
) -> None:
    """Without anything to connect to there is nothing to balance or check."""
    assert balanced(spec(ports=ports, readiness=readiness)) is expected


def test_an_app_with_a_probe_but_no_port_is_checked_and_passes_nothing_on() -> None:
    """The probe's port gets servers, but no listener."""
    settings = settings_for(spec(ports=(), readiness=TcpProbe(port=5432)))

    assert [(route.port, route.binds) for route in settings.routes] == [(5432, ())]


def test_what_is_published_stays_when_the_port_behind_it_is_another() -> None:
    """Neither another number nor another order of fixed ports takes another container."""
    before = (Port(number=3000, publish=80), Port(number=9000, publish=81), Port(number=9001, publish=0))
    after = (Port(number=9000, publish=81), Port(number=8080, publish=80), Port(number=7000, publish=0))

    assert list(front_ports(before).values()) == list(front_ports(after).values())
    assert (front_ports(before)[3000], front_ports(before)[9001]) == (
        front_ports(after)[8080],
        front_ports(after)[7000],
    )


@given(st.lists(st.integers(60_990, 61_020), unique=True), st.lists(st.integers(60_990, 61_020), unique=True))
def test_no_port_of_the_balancer_leads_to_two_groups(before: list[int], wanted: list[int]) -> None:
    """Whatever gives way to whatever; each of the app's own ports leads somewhere."""
    ports = tuple(Port(number=number, publish=0) for number in wanted)
    settings = BalancerSettings(
        app="web", ports=ports, check=Check(port=80), before=tuple(Port(number=number) for number in before)
    )

    bound = [number for route in settings.routes for number in route.binds]

    assert len(bound) == len(set(bound))
    assert set(bound) >= {*wanted, *before}


@pytest.mark.parametrize(
    ("own", "asked"),
    [
        (None, 8080),
        (BalancerSettings(app="web", ports=WEB, check=Check(port=3000)), 3000),  # only the port is another
        (BalancerSettings(app="web", ports=WEB, check=Check(port=3000, path="/up")), None),
        (BalancerSettings(app="web", ports=WEB), None),
    ],
)
def test_a_replica_is_checked_where_its_own_probe_differs_by_the_port_alone(
    own: BalancerSettings | None, asked: int | None
) -> None:
    """It is not judged by a path or by times that it was not made for."""
    check = BalancerSettings(app="web", ports=(Port(number=8080),), check=Check(port=8080)).check_of(own)

    assert (check.port if check else None) == asked


@pytest.mark.parametrize(
    "path", ["/a b", "/a\nbackend x", "/a'", '/a"', "/a\\", "/a#b", "up", "", "/" + "a" * 1024, "/ü"]
)
def test_a_path_that_would_be_read_as_more_than_a_path_is_refused(path: str) -> None:
    """Nothing that HAProxy reads as a separator, a quote or a comment gets into its configuration."""
    with pytest.raises(UsageError, match="path"):
        Check(port=80, path=path)


@pytest.mark.parametrize("app", ["web\nfrontend x", "web x", "", "-web", "w" * 64, "Web"])
def test_an_app_name_that_is_no_dns_label_is_refused(app: str) -> None:
    """The name stands in the configuration as the host that checks ask for."""
    with pytest.raises(UsageError, match="app"):
        BalancerSettings(app=app, ports=WEB)


@pytest.mark.parametrize("field", ["period", "timeout"])
@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_a_time_that_is_none_is_refused(field: str, seconds: float) -> None:
    """Zero, negative, endless and undefined times would be written as something else."""
    with pytest.raises(UsageError, match=field):
        Check(port=80, **{field: seconds})
