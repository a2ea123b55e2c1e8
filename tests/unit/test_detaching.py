"""Ctrl-C while a change is waited for."""

from __future__ import annotations

import pytest

from cloudkit import Cloud
from cloudkit.detaching import detachable
from cloudkit.errors import ConflictError, Detached
from cloudkit.model.app import AppSpec


class Cluster:
    """A backend that brings changes to their end by itself."""

    name = "kubernetes"


@pytest.fixture
def spec() -> AppSpec:
    """What is wanted of an app that is there."""
    return Cloud("memory").deploy("web", "web:1").status().spec


def interrupted(backend: object, wanted: AppSpec | None) -> Detached:
    """Press Ctrl-C inside the block."""
    with pytest.raises(Detached) as caught, detachable(backend, "web", wanted):  # type: ignore[arg-type]  # its name is all that is asked for
        raise KeyboardInterrupt
    return caught.value


def test_a_cluster_goes_on_by_itself(spec: AppSpec) -> None:
    """There is nothing to carry on."""
    error = interrupted(Cluster(), spec)

    assert "kubernetes goes on with the change" in str(error)
    assert error.carry_on is None


def test_who_only_looks_changes_nothing() -> None:
    """Neither by waiting nor by ceasing to."""
    error = interrupted(Cluster(), None)

    assert "nothing was changed by that" in str(error)
    assert error.hint == "cloudkit wait web"


def test_a_change_is_carried_on_where_nobody_else_does() -> None:
    """It comes to what was wanted."""
    cloud = Cloud("memory")
    web = cloud.deploy("web", "web:1")
    wanted = web.scale(3).status().spec
    cloud.backend.world.records["cloudkit", "web"].containers.pop()  # type: ignore[attr-defined]  # the twin's own

    error = interrupted(cloud.backend, wanted)
    assert error.carry_on is not None
    error.carry_on()

    assert web.status().ready == 3


def test_another_wish_is_left_alone() -> None:
    """Whoever has changed the app meanwhile keeps what they wanted."""
    cloud = Cloud("memory")
    web = cloud.deploy("web", "web:1")
    wanted = web.scale(3).status().spec
    web.scale(1)

    error = interrupted(cloud.backend, wanted)
    assert error.carry_on is not None
    error.carry_on()

    assert web.status().ready == 1


def test_other_errors_pass() -> None:
    """Only Ctrl-C is Ctrl-C."""
    with pytest.raises(ConflictError), detachable(Cluster(), "web"):  # type: ignore[arg-type]  # it is not asked
        raise ConflictError("another writer")
