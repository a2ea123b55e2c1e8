"""The right to heal a namespace: one has it, and whoever is killed gives it up."""

from __future__ import annotations

import time
from collections.abc import Callable

import docker
import pytest
from contract.drivers.controlling import Controller

from cloudkit.backends.docker.backend import DockerBackend
from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError
from cloudkit.model.progress import silent

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]


@pytest.fixture
def backend(cloud: Cloud) -> DockerBackend:
    """The backend of the test's cloud."""
    found = cloud.backend
    assert isinstance(found, DockerBackend)
    return found


def test_one_heals_at_a_time_and_the_other_hears_who(backend: DockerBackend) -> None:
    """Until the first gives it up."""
    with backend.heal("the first"), pytest.raises(ConflictError, match="the first"), backend.heal("the second"):
        pass

    with backend.heal("the second") as healer:
        assert healer.held


def test_whoever_is_killed_makes_room_for_the_one_that_waits(namespace: str) -> None:
    """Nothing has to be cleared away by hand."""
    with Controller(namespace) as first:
        first.until("heals")
        with Controller(namespace) as second:
            second.until(f"process {first.process.pid}")

            first.kill()

            second.until("heals")


def test_whoever_has_lost_it_changes_nothing_any_more(
    cloud: Cloud, backend: DockerBackend, image: str, client: docker.DockerClient
) -> None:
    """Though it has planned already."""
    spec = cloud.deploy("web", image, port=8080, publish=False).status().spec
    with backend.heal("the first") as healer:
        plan = healer.plan(spec.replace(replicas=2))

        client.containers.get(f"{backend.namespace}.controller").remove(force=True)
        _until(lambda: not healer.held)

        with pytest.raises(ConflictError, match="the right to heal is lost"):
            healer.apply(plan, listener=silent)
    assert cloud.app("web").status().generation == 1


def test_one_that_was_made_and_never_started_is_cleared_away(
    backend: DockerBackend, image: str, client: docker.DockerClient
) -> None:
    """Its maker was killed in between; the next one waits a few seconds, in case it was not."""
    labels = {"app.kubernetes.io/managed-by": "cloudkit", "cloudkit/namespace": backend.namespace}
    client.containers.create(image, name=f"{backend.namespace}.controller", labels=labels)

    with pytest.raises(ConflictError, match="somebody unknown"), backend.heal("the next"):
        pass

    with backend.heal("the next") as healer:
        assert healer.held


def _until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < ends, "it did not come true"
        time.sleep(0.05)
