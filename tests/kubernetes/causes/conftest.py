"""Apps that are broken on purpose, on a real cluster, and what is said of them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing

import docker
import pytest
from clinic.ward import Diagnosis, Ward, namespaced
from testbed.cluster.given import Given

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.connect import connect
from cloudkit.config import Config

BASE = "python:3.11-slim-bookworm"
ROWS = pytest.StashKey[list[tuple[str, Diagnosis]]]()


@pytest.fixture(scope="session")
def image(engine: str, cluster: Given) -> Iterator[str]:
    """An image with a shell, ``cat`` and Python that every node can pull."""
    repository = f"{cluster.registry}/t-causes-{secrets.token_hex(4)}/python"
    with closing(docker.DockerClient(base_url=engine, timeout=60)) as images:
        images.images.get(BASE).tag(repository, "1")
        told = list(images.images.push(repository, "1", stream=True, decode=True))
        assert not [line for line in told if "error" in line]
        yield f"{repository}:1"
        images.images.remove(f"{repository}:1")


@pytest.fixture(scope="session")
def connection(cluster: Given) -> Iterator[Client]:
    """The cluster under test."""
    environ = {"KUBECONFIG": str(cluster.kubeconfig), "HOME": "/nonexistent", "CLOUDKIT_CONFIG": ""}
    client = connect(Config.resolve("kubernetes", folder=cluster.kubeconfig.parent, environ=environ))
    yield client
    client.close()


@pytest.fixture
def ward(connection: Client, image: str, request: pytest.FixtureRequest) -> Iterator[Ward]:
    """Where a broken app is put and diagnosed; what came of it is listed at the end of the run."""
    with namespaced(connection) as client:
        place = Ward(client, image)
        yield place
        rows = request.config.stash.setdefault(ROWS, [])
        rows.extend((request.node.name, one) for one in place.diagnoses)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """List fault, cause, and the seconds until it was first told and until it was certain."""
    rows = config.stash.get(ROWS, [])
    if not rows:
        return
    terminalreporter.section("causes on a cluster")
    terminalreporter.line(f"{'first':>7} {'answer':>7}  {'code':22} {'':9} fault")
    for test, one in rows:
        certain = "certain" if one.cause and one.cause.certain else "may pass"
        code = one.cause.code.value if one.cause else "none"
        fault = test.removeprefix("test_").replace("_", " ")
        terminalreporter.line(f"{one.first:5.1f} s {one.seconds:5.1f} s  {code:22} {certain:9} {fault}")
