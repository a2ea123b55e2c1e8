"""One body a law, one engine after the other: ``driver`` is each of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import docker
import pytest
from contract.drivers.docker import DockerDriver, Images
from contract.drivers.driver import PORT, Driver
from contract.drivers.memory import MemoryDriver

from cloudkit.app import App
from cloudkit.cloud import Cloud


@pytest.fixture(scope="session")
def _client(engine: str) -> Iterator[docker.DockerClient]:
    with closing(docker.DockerClient(base_url=engine, timeout=60)) as client:
        yield client


@pytest.fixture(scope="session")
def _images(_client: docker.DockerClient) -> Iterator[Images]:
    images = Images(_client)
    yield images
    images.remove()


@pytest.fixture(params=["memory", pytest.param("docker", marks=pytest.mark.engine)])
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """An engine with nothing on it that is ours."""
    if request.param == "memory":
        yield MemoryDriver()
        return
    client, images = request.getfixturevalue("_client"), request.getfixturevalue("_images")
    with closing(DockerDriver(client, images, request.getfixturevalue("namespace"))) as driver:
        yield driver


@pytest.fixture
def cloud(driver: Driver) -> Cloud:
    """The cloud under test."""
    return driver.cloud


@pytest.fixture
def web(driver: Driver) -> App:
    """A published app of two replicas, ready."""
    return driver.cloud.deploy("web", driver.image, port=PORT, publish=driver.free_port(), replicas=2)
