"""The cluster that tests run on is a real one of several nodes; any other that is named instead must do the same."""

from __future__ import annotations

import secrets
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import URLError

import docker
import pytest
from kubernetes import client
from testbed.cluster.given import Given

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]

BASE = "python:3.11-slim-bookworm"
SERVE = ["python", "-m", "http.server", "8080"]
ASK = "import urllib.request; print(urllib.request.urlopen('http://web:8080', timeout=5).status)"


@pytest.fixture(scope="module")
def core(cluster: Given) -> Iterator[Any]:
    """The cluster, by the client of the Kubernetes project."""
    with cluster.connected() as api:
        yield client.CoreV1Api(api)


@pytest.fixture(scope="module")
def namespace(core: Any) -> Iterator[str]:
    """A namespace of these tests alone."""
    name = f"t-testbed-{secrets.token_hex(4)}"
    core.create_namespace({"metadata": {"name": name}})
    until(lambda: core.read_namespaced_service_account("default", name), client.ApiException)
    yield name
    core.delete_namespace(name)


@pytest.fixture(scope="module")
def image(engine: str, cluster: Given, namespace: str) -> Iterator[str]:
    """An image that the engine here has pushed to the cluster's registry, pinned."""
    repository = f"{cluster.registry}/{namespace}/python"
    with closing(docker.DockerClient(base_url=engine, timeout=60)) as engine_client:
        engine_client.images.get(BASE).tag(repository, "1")
        told = list(engine_client.images.push(repository, "1", stream=True, decode=True))
        assert not [line for line in told if "error" in line]
        yield f"{repository}@{engine_client.images.get_registry_data(f'{repository}:1').id}"
        engine_client.images.remove(f"{repository}:1")


@pytest.fixture(scope="module")
def nodes(core: Any) -> dict[str, str]:
    """The addresses of the nodes that are ready, by their names."""
    return {node.metadata.name: address(node) for node in core.list_node().items if ready(node)}


@pytest.fixture(scope="module")
def web(core: Any, namespace: str, nodes: dict[str, str], image: str) -> Any:
    """A server on the first node, and its Service at a port of every node."""
    server = pod("web", min(nodes), image, SERVE)
    server["spec"]["containers"][0]["readinessProbe"] = {"httpGet": {"port": 8080}, "periodSeconds": 1}
    core.create_namespaced_pod(namespace, server)
    ports = [{"port": 8080}]
    service = {"metadata": {"name": "web"}, "spec": {"type": "NodePort", "selector": {"pod": "web"}, "ports": ports}}
    created = core.create_namespaced_service(namespace, service)
    until(lambda: ready(core.read_namespaced_pod("web", namespace)))
    return created


def test_two_nodes_are_ready(nodes: dict[str, str]) -> None:
    """What is placed, spread and reached across nodes needs more than one."""
    assert len(nodes) >= 2


def test_a_node_pulls_what_the_engine_pushed(core: Any, namespace: str, web: Any, image: str) -> None:
    """The registry is one, whatever side it is seen from; a node names an image by any of its names."""
    status = core.read_namespaced_pod(web.metadata.name, namespace).status.container_statuses[0]

    assert status.ready
    assert status.image_id.rpartition("@")[2] == image.rpartition("@")[2]


@pytest.mark.usefixtures("web")
def test_a_service_is_reached_by_name_from_another_node(
    core: Any, namespace: str, nodes: dict[str, str], image: str
) -> None:
    """Names and addresses of Services hold on every node."""
    core.create_namespaced_pod(namespace, pod("asks", max(nodes), image, ["python", "-c", ASK]))

    until(lambda: core.read_namespaced_pod("asks", namespace).status.phase in {"Succeeded", "Failed"})

    assert core.read_namespaced_pod_log("asks", namespace).strip() == "200"
    assert core.read_namespaced_pod("asks", namespace).spec.node_name != min(nodes)


def test_a_node_port_answers_on_every_node(nodes: dict[str, str], web: Any) -> None:
    """From where the tests run, a published app is reached at any node's address, once the nodes have heard of it."""
    port = web.spec.ports[0].node_port

    answers = {name: until(partial(status, f"http://{nodes[name]}:{port}"), URLError, seconds=20) for name in nodes}

    assert answers == dict.fromkeys(nodes, 200)


@pytest.mark.usefixtures("web")
def test_the_figures_of_a_pod_are_served(cluster: Given, namespace: str) -> None:
    """Metrics come through the API server, as an autoscaler asks for them."""
    with cluster.connected() as api:
        metrics = client.CustomObjectsApi(api)

        figures = until(
            lambda: metrics.get_namespaced_custom_object("metrics.k8s.io", "v1beta1", namespace, "pods", "web"),
            client.ApiException,
        )

    assert figures["containers"][0]["usage"].keys() == {"cpu", "memory"}


def test_a_claim_is_bound_with_no_class_named(core: Any, namespace: str) -> None:
    """There is a default class, and it has volumes."""
    resources = {"requests": {"storage": "1Gi"}}
    claim = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": resources}}
    core.create_namespaced_persistent_volume_claim(namespace, claim)

    until(lambda: core.read_namespaced_persistent_volume_claim("data", namespace).status.phase == "Bound")

    assert core.read_namespaced_persistent_volume_claim("data", namespace).spec.storage_class_name


def test_the_kubeconfig_is_one_file(cluster: Given, tmp_path: Path) -> None:
    """It can be copied, merged with others and mounted elsewhere."""
    copy = tmp_path / "config"
    copy.write_bytes(cluster.kubeconfig.read_bytes())

    with Given(copy, cluster.registry).connected() as api:
        version = client.VersionApi(api).get_code()

    assert version.major == "1"


def pod(name: str, node: str, image: str, command: list[str]) -> dict[str, Any]:
    """Return a pod of one container on a node."""
    container = {"name": "app", "image": image, "command": command, "imagePullPolicy": "Always"}
    return {
        "metadata": {"name": name, "labels": {"pod": name}},
        "spec": {
            "containers": [container],
            "nodeSelector": {"kubernetes.io/hostname": node},
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
        },
    }


def ready(item: Any) -> bool:
    """Tell whether a node or a pod has the condition Ready."""
    return any(condition.type == "Ready" and condition.status == "True" for condition in item.status.conditions or ())


def address(node: Any) -> str:
    """Return the address of a node that other nodes use."""
    return next(str(entry.address) for entry in node.status.addresses if entry.type == "InternalIP")


def status(url: str) -> int:
    """Return the status that a url answers with."""
    with urllib.request.urlopen(url, timeout=10) as response:
        return int(response.status)


def until(seen: Callable[[], Any], *absent: type[Exception], seconds: float = 90) -> Any:
    """Return what ``seen`` returns once that is true; an error of ``absent`` says: not yet."""
    end = time.monotonic() + seconds
    while True:
        try:
            if found := seen():
                return found
        except absent:
            if time.monotonic() > end:
                raise
        assert time.monotonic() < end, "it did not come to that in time"
        time.sleep(0.2)
