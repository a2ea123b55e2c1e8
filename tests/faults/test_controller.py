"""A controller outlives its engine: it waits for it, and heals what was lost meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing

import docker
import pytest
from conftest import sweep
from contract.drivers.controlling import Controller
from faults.own import PORT, SERVER, OwnEngine, eventually

from cloudkit.cloud import Cloud

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("own-engine"), pytest.mark.timeout(400)]

NAMESPACE = "controlled"
IMAGE = "node:22-bookworm-slim"


@pytest.fixture
def cloud(own: OwnEngine) -> Iterator[Cloud]:
    """A cloud on an engine that is there at the end, with nothing of the test left."""
    with ExitStack() as undo:
        undo.callback(lambda: sweep(own.address, NAMESPACE))
        yield undo.enter_context(closing(own.cloud(NAMESPACE)))


def test_it_waits_for_an_engine_that_was_killed_and_heals_again(
    own: OwnEngine, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its right to heal ends with the engine, and is had again once the engine is back."""
    monkeypatch.setenv("DOCKER_HOST", own.address)
    web = cloud.deploy("web", IMAGE, command=SERVER, port=PORT, publish=False, replicas=2, stop_grace=2)
    with Controller(NAMESPACE) as controller:
        controller.until("heals")

        own.kill()
        controller.until("waits")
        own.start()
        eventually(lambda: controller.said.count("controller heals") == 2, seconds=90)
        eventually(lambda: web.status().settled, seconds=60)
        lost = web.status().replicas[0].id
        with closing(docker.DockerClient(base_url=own.address)) as client:
            client.containers.get(lost).remove(force=True)

        eventually(lambda: lost not in {one.id for one in web.status().replicas} and web.status().settled, seconds=60)

    assert web.status().generation == 1
