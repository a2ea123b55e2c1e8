"""Apps on a real engine, and the engine itself beside them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import docker
import pytest
from contract.drivers.docker import Images

from cloudkit.cloud import Cloud


@pytest.fixture(scope="session")
def client(engine: str) -> Iterator[docker.DockerClient]:
    """The engine."""
    with closing(docker.DockerClient(base_url=engine, timeout=60)) as made:
        yield made


@pytest.fixture(scope="session")
def image(client: docker.DockerClient) -> Iterator[str]:
    """An image with a shell, and a program that listens on port 8080."""
    images = Images(client)
    yield images.first
    images.remove()


@pytest.fixture
def cloud(namespace: str) -> Iterator[Cloud]:
    """A cloud of the test's own."""
    with Cloud("docker", namespace=namespace) as made:
        yield made
