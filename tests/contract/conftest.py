"""One body a law, one engine after the other: ``driver`` is each of them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import docker
import pytest
from contract.drivers.docker import DockerDriver, Images
from contract.drivers.driver import PORT, Driver
from contract.drivers.memory import MemoryDriver
from testbed.cluster.given import Given

from cloudkit.app import App
from cloudkit.cloud import Cloud

ENGINES = (
    "memory",
    pytest.param("docker", marks=pytest.mark.engine),
    pytest.param("kubernetes", marks=[pytest.mark.engine, pytest.mark.kubernetes]),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expect a law to be broken where a mark ``gap`` says so: by which engine, and why."""
    for item in items:
        gaps = {mark.args[0]: mark.args[1] for mark in item.iter_markers("gap")}
        call = getattr(item, "callspec", None)
        engine = call.params.get("driver") if call is not None else None
        if engine in gaps:
            item.add_marker(pytest.mark.xfail(reason=gaps[engine], strict=True))


@pytest.fixture(scope="session")
def _client(engine: str) -> Iterator[docker.DockerClient]:
    with closing(docker.DockerClient(base_url=engine, timeout=60)) as client:
        yield client


@pytest.fixture(scope="session")
def _images(_client: docker.DockerClient) -> Iterator[Images]:
    images = Images(_client)
    yield images
    images.remove()


@pytest.fixture(scope="session")
def _cluster_api(cluster: Given) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch, cluster.connected() as api:
        patch.setenv("KUBECONFIG", str(cluster.kubeconfig))
        yield api


@pytest.fixture
def _cluster_namespace(_cluster_api: Any) -> Iterator[str]:
    from kubernetes import client

    core, name = client.CoreV1Api(_cluster_api), f"t-{secrets.token_hex(4)}"
    core.create_namespace({"metadata": {"name": name}})
    for _ in range(100):  # pods are refused until the namespace's account is there
        if core.list_namespaced_service_account(name).items:
            break
        time.sleep(0.05)
    yield name
    core.delete_namespace(name)


@pytest.fixture(params=ENGINES)
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """An engine with nothing on it that is ours."""
    ask = request.getfixturevalue
    made: Driver = MemoryDriver()
    if request.param == "docker":
        made = DockerDriver(ask("_client"), ask("_images"), ask("namespace"))
    elif request.param == "kubernetes":
        from contract.drivers.kubernetes import KubernetesDriver

        made = KubernetesDriver(ask("cluster"), ask("_cluster_api"), ask("_images"), ask("_cluster_namespace"))
    with closing(made) as driver:
        yield driver


@pytest.fixture
def cloud(driver: Driver) -> Cloud:
    """The cloud under test."""
    return driver.cloud


@pytest.fixture
def web(driver: Driver) -> App:
    """A published app of two replicas, ready."""
    return driver.cloud.deploy("web", driver.image, port=PORT, publish=driver.free_port(), replicas=2)
