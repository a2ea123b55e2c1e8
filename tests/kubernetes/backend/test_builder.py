"""A build where no engine is, by a BuildKit that cloudkit runs in the cluster."""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import docker
import pytest
from conftest import absent
from kubernetes import client
from testbed import buildkit, compiled
from testbed.cluster.given import Given

from cloudkit.backends.kubernetes.backend import KubernetesBackend
from cloudkit.backends.kubernetes.buildkit.manifest import BUILDER, DEFAULT_IMAGE
from cloudkit.backends.kubernetes.operations.execute import execute
from cloudkit.cloud import Cloud
from cloudkit.errors import AccessError, BackendError, BuildError, ConflictError, NotFoundError
from cloudkit.model.progress import Progress

pytestmark = [
    pytest.mark.kubernetes,
    pytest.mark.engine,
    pytest.mark.xdist_group("builder"),  # one image, and one builder for several tests
    pytest.mark.timeout(400),
]

TINI = Path("/usr/bin/tini-static")
DOCKERFILE = (
    'FROM scratch\nCOPY tini /tini\nRUN ["/tini", "--version"]\nUSER 65532\nENTRYPOINT ["/tini", "--version"]\n'
)
Connect = Callable[..., Cloud]


@pytest.fixture(scope="session")
def registry(engine: str, cluster: Given, request: pytest.FixtureRequest) -> str:
    """A folder of the cluster's registry that has an image of BuildKit, as a closed network's would."""
    if not compiled.go_is_there():
        absent(request.config, "go", "no Go, which compiles a BuildKit")
    folder = f"{cluster.registry}/t-builder-{secrets.token_hex(4)}"
    named = DEFAULT_IMAGE.replace("docker.io", folder)
    with closing(docker.DockerClient(base_url=engine, timeout=300)) as images:
        images.images.get(buildkit.make_image(images)).tag(named)
        told = list(images.images.push(named, stream=True, decode=True))
        assert not [line for line in told if "error" in line]
        images.images.remove(named)
    return folder


@pytest.fixture
def connect(cluster: Given, registry: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Connects to a namespace of the cluster from a machine without an engine."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    made: list[Cloud] = []

    def connected(space: str, **options: Any) -> Cloud:
        made.append(Cloud("kubernetes", namespace=space, registry=registry, builder="kubernetes", **options))
        return made[-1]

    yield connected
    for one in made:
        one.close()


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A context whose one program is static, so that it runs without a base image."""
    shutil.copy(TINI, tmp_path / "tini")
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    return tmp_path


def builder_pods(api: Any, space: str) -> list[Any]:
    """Return the builder's pods."""
    found: list[Any] = (
        client.CoreV1Api(api).list_namespaced_pod(space, label_selector=f"app.kubernetes.io/name={BUILDER}").items
    )
    return found


def test_a_build_makes_its_builder_and_keeps_it(connect: Connect, context: Path, api: Any, shared: str) -> None:
    """The first build starts it and runs steps in it; the nodes run what came of it; the next build finds it there."""
    events: list[Progress] = []
    cloud = connect(shared, listener=events.append)

    built = cloud.image(context).build(tag="tini:1")
    first = [pod.metadata.uid for pod in builder_pods(api, shared)]
    again = cloud.image(context).build(tag="tini:2")

    assert "tini version" in built.run().output
    assert again.state.digest == built.state.digest
    assert [pod.metadata.uid for pod in builder_pods(api, shared)] == first
    assert any("starting" in event.message for event in events if event.item == "builder")
    assert any(event.message.endswith("(cached)") for event in events)


def test_nothing_in_the_cluster_can_speak_with_it(connect: Connect, context: Path, api: Any, shared: str) -> None:
    """No port, no Service, no token of the cluster's: only who may run commands in its pod reaches it."""
    cloud = connect(shared)
    cloud.image(context).build(tag="tini:1")

    (pod,) = builder_pods(api, shared)
    heard = client.CoreV1Api(api).list_namespaced_service(shared).items
    assert isinstance(cloud.backend, KubernetesBackend)
    table = execute(cloud.backend.client, pod.metadata.name, ["cat", "/proc/net/tcp", "/proc/net/tcp6"]).output

    assert not heard
    assert pod.spec.containers[0].ports is None
    assert pod.spec.automount_service_account_token is False
    assert not [line for line in table.splitlines() if line.split()[3:4] == ["0A"]]  # nobody listens


def test_a_failed_step_is_named_with_its_line(connect: Connect, context: Path, shared: str) -> None:
    """As by an engine."""
    (context / "Dockerfile").write_text('FROM scratch\nCOPY tini /tini\nRUN ["/none"]\n')

    with pytest.raises(BuildError) as caught:
        connect(shared).image(context).build()

    assert (caught.value.line, caught.value.step) == (3, 'RUN ["/none"]')


def test_a_namespace_that_does_not_admit_it_says_so(connect: Connect, context: Path, api: Any, space: str) -> None:
    """Within seconds, with the level, and with both ways out."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    client.CoreV1Api(api).patch_namespace(space, {"metadata": {"labels": labels}})

    with pytest.raises(AccessError, match="admits pods of level restricted only") as caught:
        connect(space).image(context).build()

    assert f"kubectl label namespace {space}" in caught.value.hint
    assert "CLOUDKIT_BUILDER=tcp://" in caught.value.hint


def test_an_image_that_is_not_there_is_named(
    connect: Connect, context: Path, space: str, registry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that the configuration names is taken, and missed within seconds; the right one mends it."""
    monkeypatch.setenv("CLOUDKIT_BUILDER_IMAGE", f"{registry}/none:1")

    with pytest.raises(NotFoundError, match=f"{registry}/none:1") as caught:
        connect(space).image(context).build()

    assert caught.value.hint == "name another image: CLOUDKIT_BUILDER_IMAGE=..."
    monkeypatch.delenv("CLOUDKIT_BUILDER_IMAGE")
    assert connect(space).image(context).build(tag="tini:1").state.user == "65532"


def test_a_builder_that_goes_away_in_the_middle(connect: Connect, context: Path, api: Any, shared: str) -> None:
    """The build says so, and the next one makes another."""
    shutil.copy(buildkit.program("buildctl"), context / "wait")
    text = 'FROM scratch\nCOPY wait /wait\nRUN ["/wait", "--addr", "tcp://127.0.0.1:1", "--wait", "debug", "workers"]\n'
    (context / "Dockerfile").write_text(text)
    ends = threading.Event()

    def listen(event: Progress) -> None:
        if "RUN" in event.message and not ends.is_set():
            ends.set()
            (pod,) = builder_pods(api, shared)
            client.CoreV1Api(api).delete_namespaced_pod(pod.metadata.name, shared, grace_period_seconds=0)

    with pytest.raises(BackendError, match="stopped in the middle"):
        connect(shared, listener=listen).image(context).build()

    (context / "Dockerfile").write_text(DOCKERFILE)
    assert connect(shared).image(context).build(tag="tini:1").state.user == "65532"


def test_doctor_tells_of_the_builder_and_asks_no_engine(connect: Connect, context: Path, space: str) -> None:
    """Before its making, after it, and again once it is removed; removing twice is no error."""
    cloud = connect(space)
    before = {one.name: one for one in cloud.doctor()}
    cloud.image(context).build(tag="tini:1")
    there = {one.name: one for one in cloud.doctor()}
    cloud.remove_builder()
    cloud.remove_builder()
    after = {one.name: one for one in cloud.doctor()}

    assert "engine" not in before
    assert before["buildx"].ok
    assert (before["builder"].ok, before["builder"].detail.partition(", ")[2]) == (True, "which the first build makes")
    assert "moby/buildkit:v" in there["builder"].detail
    assert after["builder"] == before["builder"]


def test_somebody_elses_deployment_of_that_name_is_left(connect: Connect, context: Path, api: Any, space: str) -> None:
    """Neither used nor removed."""
    labels = {"app": "other"}
    container = {"name": "app", "image": "localhost/none:1"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    apps = client.AppsV1Api(api)
    made: Any = {"metadata": {"name": BUILDER}, "spec": spec}
    apps.create_namespaced_deployment(space, made)

    with pytest.raises(ConflictError, match="somebody else's"):
        connect(space).image(context).build()
    connect(space).remove_builder()

    there: Any = apps.read_namespaced_deployment(BUILDER, space)
    assert there.spec.template.metadata.labels == labels
