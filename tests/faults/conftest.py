"""An app on the engine under test, and an engine of its own that may be stopped, killed and filled."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import docker
import pytest
from contract.drivers.docker import DockerDriver, Images
from contract.drivers.driver import PORT
from faults.own import OwnEngine, own_engine
from testbed.engines import CURRENT

from cloudkit.app import App


@pytest.fixture(scope="session")
def _client(engine: str) -> Iterator[docker.DockerClient]:
    with closing(docker.DockerClient(base_url=engine, timeout=60)) as client:
        yield client


@pytest.fixture(scope="session")
def _images(_client: docker.DockerClient) -> Iterator[Images]:
    images = Images(_client)
    yield images
    images.remove()


@pytest.fixture
def driver(_client: docker.DockerClient, _images: Images, namespace: str) -> Iterator[DockerDriver]:
    """The engine under test, with nothing on it that is ours."""
    with closing(DockerDriver(_client, _images, namespace)) as driver:
        yield driver


@pytest.fixture
def web(driver: DockerDriver) -> App:
    """A published app of two replicas, ready."""
    return driver.cloud.deploy("web", driver.image, port=PORT, publish=driver.free_port(), replicas=2)


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnEngine]:
    """An engine that is these tests' alone, with the base images on it."""
    refuse_without_testbed()
    with own_engine(tmp_path_factory.mktemp("own")) as engine:
        engine.prepare()
        yield engine


def refuse_without_testbed() -> None:
    """Skip where no engine of our own can be started."""
    if os.geteuid() != 0:
        pytest.skip("an engine of one's own takes root")
    if shutil.which("dockerd", path=CURRENT.programs) is None:
        pytest.skip(f"an engine of one's own takes the test bed's dockerd in {Path(CURRENT.programs)}")
