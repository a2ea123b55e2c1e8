"""What metrics-server measured becomes a usage."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from cloudkit.backends.kubernetes.labels import CONTAINER
from cloudkit.backends.kubernetes.objects import Pod
from cloudkit.backends.kubernetes.operations.stats import Measured, usage

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def pod(*, limits: dict[str, str] | None = None, running: bool = True) -> Pod:
    """Return a pod with an app and with a container beside it."""
    state: dict[str, object] = {"running": {}} if running else {"waiting": {"reason": "CrashLoopBackOff"}}
    told = {
        "metadata": {"name": "web-1"},
        "spec": {"containers": [{"name": CONTAINER, "resources": {"limits": limits} if limits else {}}]},
        "status": {
            "containerStatuses": [{"name": "mesh", "state": {"running": {}}}, {"name": CONTAINER, "state": state}]
        },
    }
    return msgspec.convert(told, Pod)


def measured() -> Measured:
    """Return what was measured of it."""
    containers = [
        {"name": "mesh", "usage": {"cpu": "3", "memory": "9Gi"}},
        {"name": CONTAINER, "usage": {"cpu": "123456789n", "memory": "2048Ki"}},
    ]
    return msgspec.convert({"metadata": {"name": "web-1"}, "timestamp": NOON, "containers": containers}, Measured)


def test_the_apps_own_container_counts() -> None:
    """In cores and bytes, with its limit, and with nothing for what is not measured."""
    found = usage(pod(limits={"memory": "128Mi"}), measured())

    assert found is not None
    assert found.cpu == pytest.approx(0.123456789)
    assert (found.memory, found.memory_limit, found.observed_at) == (2 << 20, 128 << 20, NOON)
    assert (found.received, found.sent, found.pids) == (None, None, None)


def test_a_pod_without_a_limit_has_none() -> None:
    """Its node's memory is no limit of its own."""
    found = usage(pod(), measured())

    assert found is not None
    assert found.memory_limit is None


def test_a_pod_that_does_not_run_or_is_not_measured_yet_is_left_out() -> None:
    """A zero would be a lie."""
    assert usage(pod(running=False), measured()) is None
    assert usage(pod(), None) is None
