"""A cloud on a real cluster, in a namespace of the test's own, and the hand of somebody else."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import docker
import pytest
from kubernetes import client
from testbed.cluster.given import Given

from cloudkit.app import App
from cloudkit.cloud import Cloud

BASE = "python:3.11-slim-bookworm"
SERVE = ("python", "-m", "http.server", "8080")


@pytest.fixture(scope="session")
def image(engine: str, cluster: Given) -> Iterator[str]:
    """An image that every node can pull."""
    repository = f"{cluster.registry}/backend-{secrets.token_hex(4)}/python"  # each worker of a run has its own
    with closing(docker.DockerClient(base_url=engine, timeout=60)) as images:
        images.images.get(BASE).tag(repository, "1")
        told = list(images.images.push(repository, "1", stream=True, decode=True))
        assert not [line for line in told if "error" in line]
        yield f"{repository}:1"
        images.images.remove(f"{repository}:1")


@pytest.fixture(scope="session")
def api(cluster: Given) -> Iterator[Any]:
    """The cluster, by the client of the Kubernetes project: somebody else's hand."""
    with cluster.connected() as connected:
        yield connected


@pytest.fixture
def space(api: Any) -> Iterator[str]:
    """A Kubernetes namespace of the test's own."""
    with made_space(api) as name:
        yield name


@pytest.fixture(scope="module")
def shared(api: Any) -> Iterator[str]:
    """A Kubernetes namespace that the tests of one file share."""
    with made_space(api) as name:
        yield name


@contextmanager
def made_space(api: Any) -> Iterator[str]:
    """Make a Kubernetes namespace for as long as the block lasts."""
    core, name = client.CoreV1Api(api), f"t-backend-{secrets.token_hex(4)}"
    core.create_namespace({"metadata": {"name": name}})
    until(lambda: core.list_namespaced_service_account(name).items)
    yield name
    core.delete_namespace(name)


@pytest.fixture
def cloud(cluster: Given, space: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """The cloud under test."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    with Cloud("kubernetes", namespace=space, registry=cluster.registry) as made:
        yield made


@pytest.fixture
def web(cloud: Cloud, image: str) -> App:
    """A published app of two replicas, ready."""
    return cloud.deploy("web", image, command=SERVE, port=8080, publish=0, replicas=2)


def until(holds: Callable[[], object], *, seconds: float = 30) -> None:
    """Look again and again until it holds."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, f"it did not come true within {seconds:g} s"
        time.sleep(0.1)
