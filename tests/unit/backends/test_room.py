"""How many replicas fit: what an engine's machine holds, and what a namespace's quotas allow."""

from __future__ import annotations

import msgspec
import pytest

from cloudkit.backends.docker.room import bounds as machine_bounds
from cloudkit.backends.kubernetes.room import Quota
from cloudkit.backends.kubernetes.room import bounds as quota_bounds
from cloudkit.model.app import AppSpec
from cloudkit.model.reference import Reference
from cloudkit.model.resources import Resources


def spec(**resources: str) -> AppSpec:
    """An app whose replicas may use so much."""
    return AppSpec(name="web", image=Reference.parse("web:1"), resources=Resources(**resources))  # type: ignore[arg-type]  # texts only


def quota(hard: dict[str, str], used: dict[str, str]) -> Quota:
    """A quota as the API server tells it."""
    told = {"metadata": {"name": "team"}, "status": {"hard": hard, "used": used}}
    return msgspec.convert(told, Quota)


def test_a_machine_holds_what_its_memory_does() -> None:
    """Whole replicas only."""
    assert [one.replicas for one in machine_bounds(spec(memory="3Gi"), 8 * 2**30)] == [2]


def test_a_replica_without_a_limit_has_no_bound() -> None:
    """Nobody knows what it will use."""
    assert list(machine_bounds(spec(), 8 * 2**30)) == []


@pytest.mark.parametrize(
    ("resources", "hard", "used", "most"),
    [
        ({}, {"pods": "10"}, {"pods": "4"}, 8),
        ({"cpu_request": "250m"}, {"requests.cpu": "2"}, {"requests.cpu": "1500m"}, 4),
        ({"cpu_request": "250m"}, {"cpu": "2"}, {"cpu": "1500m"}, 4),
        ({"memory": "1Gi"}, {"limits.memory": "4Gi"}, {"limits.memory": "2Gi"}, 4),
        ({}, {"pods": "1"}, {"pods": "2"}, 2),
    ],
)
def test_a_quota_leaves_room_for_so_many(
    resources: dict[str, str], hard: dict[str, str], used: dict[str, str], most: int
) -> None:
    """Those that are there among them, and never fewer."""
    found = list(quota_bounds(spec(**resources), 2, (quota(hard, used),)))

    assert [one.replicas for one in found] == [most]
    assert "quota 'team' allows" in found[0].reason


def test_a_quota_of_something_else_bounds_nothing() -> None:
    """Such as of Services."""
    assert list(quota_bounds(spec(), 2, (quota({"services": "1"}, {}),))) == []
