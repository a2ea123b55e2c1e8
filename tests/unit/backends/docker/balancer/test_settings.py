"""What of a spec reaches its balancer, and what is refused before it gets there."""

from __future__ import annotations

import pytest

from cloudkit.backends.docker.balancer import BalancerSettings, Check, balanced, settings_for
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

    assert [(route.port, route.listens) for route in settings.routes] == [(5432, False)]


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
