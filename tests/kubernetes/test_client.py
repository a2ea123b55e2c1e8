"""A real API server is spoken with as it wants, and what it refuses is said in words that help."""

from __future__ import annotations

import base64
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import docker
import pytest
import yaml
from kubernetes import client as official
from msgspec import Struct
from testbed.cluster.given import Given

from cloudkit.backends.kubernetes import client as clients
from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.connect import connect
from cloudkit.backends.kubernetes.objects import Metadata, Pod
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.refusal import refusal_of
from cloudkit.backends.kubernetes.websocket import V5, subprotocol
from cloudkit.config import Config
from cloudkit.errors import AccessError, BackendError, ConflictError, NotFoundError, UsageError

pytestmark = [pytest.mark.kubernetes]

BASE = "python:3.11-slim-bookworm"


class Kept(Struct, frozen=True):
    """Any object; a ConfigMap as a rule."""

    metadata: Metadata


def config_of(kubeconfig: Path) -> Config:
    """Resolve a configuration by a kubeconfig alone."""
    environ = {"KUBECONFIG": str(kubeconfig), "HOME": "/nonexistent", "CLOUDKIT_CONFIG": ""}
    return Config.resolve("kubernetes", folder=kubeconfig.parent, environ=environ)


@pytest.fixture(scope="module")
def client(cluster: Given) -> Iterator[Client]:
    """The cluster under test, in a namespace of these tests alone."""
    made = connect(config_of(cluster.kubeconfig))
    name = f"t-client-{secrets.token_hex(4)}"
    made.create(object_path("namespaces"), {"metadata": {"name": name}})
    made.namespace = name
    account = object_path("serviceaccounts", name, "default")
    until(lambda: made.find(account, Kept))
    yield made
    made.delete(object_path("namespaces", name=name))
    made.close()


def until(look: Any, limit: float = 60) -> Any:
    """Return what a look finds, once it finds anything."""
    end = time.monotonic() + limit
    while not (found := look()):
        assert time.monotonic() < end
        time.sleep(0.2)
    return found


def maps(client: Client, name: str = "") -> str:
    """Return the path of the test's ConfigMaps, or of one."""
    return object_path("configmaps", client.namespace, name)


def config_map(name: str, version: str = "", **data: str) -> dict[str, Any]:
    """Return a ConfigMap."""
    metadata = {"name": name} | ({"resourceVersion": version} if version else {})
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def changed(cluster: Given, folder: Path, *, user: dict[str, str] | None = None, **place: str) -> Client:
    """Connect by the same kubeconfig with another user, or with the cluster's entry changed."""
    content = yaml.safe_load(cluster.kubeconfig.read_text())
    for one in content["users"]:
        one["user"] = one["user"] if user is None else user
    for one in content["clusters"]:
        one["cluster"] |= place
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(content))
    return connect(config_of(file))


def test_a_watch_tells_what_happens_to_an_object(client: Client) -> None:
    """It is made, changed and deleted, each told once and in order."""
    listing = client.list(maps(client), Kept)
    name = f"watched-{secrets.token_hex(2)}"
    client.apply(maps(client, name), config_map(name, a="1"))
    client.apply(maps(client, name), config_map(name, a="2"))
    gone = client.delete(maps(client, name))

    watch = client.watch(maps(client), Kept, version=listing.metadata.resource_version, timeout=5)
    seen = [change.type for change in watch if change.object.metadata.name == name]

    assert gone
    assert seen == ["ADDED", "MODIFIED", "DELETED"]


def test_a_watch_from_a_version_that_is_forgotten_begins_anew(client: Client) -> None:
    """The real server's way of saying so is understood."""
    client.apply(maps(client, "old"), config_map("old"))

    watch = client.watch(maps(client), Kept, version="1", timeout=10)

    assert any(change.object.metadata.name == "old" for change in watch)


def test_a_list_of_many_pages_is_whole(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the real server's continue tokens."""
    monkeypatch.setattr(clients, "PAGE", 2)
    for number in range(5):
        client.apply(maps(client, f"page{number}"), config_map(f"page{number}"))

    names = [one.metadata.name for one in client.list(maps(client), Kept).items]

    assert {f"page{number}" for number in range(5)} <= set(names)
    assert len(names) == len(set(names))


def test_a_dry_run_changes_nothing(client: Client) -> None:
    """The server says what would be."""
    would = client.create(maps(client), config_map("never"), dry_run=True)

    assert would["metadata"]["name"] == "never"
    assert client.find(maps(client, "never"), Kept) is None


def test_a_field_that_another_manager_owns_is_not_taken(client: Client, cluster: Given) -> None:
    """The conflict names the manager and the field; only force takes it."""
    name = f"owned-{secrets.token_hex(2)}"
    client.apply(maps(client, name), config_map(name, a="1"))
    with cluster.connected() as api:
        body = {"data": {"a": "theirs"}}
        official.CoreV1Api(api).patch_namespaced_config_map(name, client.namespace, body, field_manager="neighbour")

    with pytest.raises(ConflictError, match="'neighbour' owns fields of it") as caught:
        client.apply(maps(client, name), config_map(name, a="2"))
    taken = client.apply(maps(client, name), config_map(name, a="2"), force=True)

    assert caught.value.evidence[0].startswith(".data.a: ")
    assert taken["data"] == {"a": "2"}


def test_a_version_that_is_not_the_last_is_a_conflict(client: Client) -> None:
    """Whose reason tells it from a field that others own."""
    name = f"raced-{secrets.token_hex(2)}"
    first = client.apply(maps(client, name), config_map(name, a="1"))
    client.apply(maps(client, name), config_map(name, a="2"))

    with pytest.raises(ConflictError, match="somebody else was faster") as caught:
        client.apply(maps(client, name), config_map(name, first["metadata"]["resourceVersion"], a="3"))

    refusal = refusal_of(caught.value)
    assert refusal is not None
    assert (refusal.status, refusal.reason) == (409, "Conflict")


def test_only_the_object_that_was_meant_is_deleted(client: Client) -> None:
    """A later one of the same name stays."""
    name = f"twice-{secrets.token_hex(2)}"
    client.create(maps(client), config_map(name))
    with pytest.raises(ConflictError, match="it is there already"):
        client.create(maps(client), config_map(name))

    gone = client.delete(maps(client, name), uid="00000000-0000-0000-0000-000000000000")

    assert not gone
    assert client.find(maps(client, name), Kept) is not None


@pytest.mark.parametrize(("field", "value"), [("spec.replicas", -1), ("spec.replcas", 1)])
def test_a_field_that_is_wrong_is_named(client: Client, field: str, value: int) -> None:
    """One with a wrong value, and one that there is not."""
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "wrong"},
        "spec": {
            field.partition(".")[2]: value,
            "selector": {"matchLabels": {"a": "b"}},
            "template": {
                "metadata": {"labels": {"a": "b"}},
                "spec": {"containers": [{"name": "app", "image": "none.example/none"}]},
            },
        },
    }

    with pytest.raises(UsageError) as caught:
        client.create(object_path("deployments", client.namespace), body, dry_run=True)

    assert field in str(caught.value)


def test_a_namespace_that_is_not_there_is_told_with_what_makes_it(client: Client) -> None:
    """The real server says 404 for both."""
    with pytest.raises(NotFoundError, match="there is no Kubernetes namespace 't-none'") as caught:
        client.create(object_path("configmaps", "t-none"), config_map("x"))

    assert caught.value.hint == "kubectl create namespace t-none"


def test_an_account_without_permissions_is_told_what_it_may_not(client: Client, cluster: Given, tmp_path: Path) -> None:
    """Verb, resource and who; the token is in no text."""
    path = object_path("serviceaccounts", client.namespace, "default", "token")
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
    token = client.create(path, asked)["status"]["token"]

    with (
        closing(changed(cluster, tmp_path, user={"token": token})) as nobody,
        pytest.raises(AccessError, match=f"cannot list pods in namespace '{client.namespace}': not allowed") as caught,
    ):
        nobody.list(object_path("pods", client.namespace), Pod)

    assert f"system:serviceaccount:{client.namespace}:default" in caught.value.evidence[0]
    assert caught.value.hint.startswith(f"kubectl auth can-i list pods -n {client.namespace}")
    assert token not in str(caught.value)


def test_a_token_that_is_not_known_is_told(cluster: Given, tmp_path: Path) -> None:
    """As one that has expired is."""
    with (
        closing(changed(cluster, tmp_path, user={"token": "no-such-token"})) as nobody,
        pytest.raises(AccessError, match="the cluster does not accept the credentials of user"),
    ):
        nobody.raw("/api")


def test_a_server_of_another_authority_is_not_trusted(cluster: Given, tmp_path: Path) -> None:
    """As with the kubeconfig of a cluster that was made anew."""
    strange = Path("/etc/ssl/certs/ca-certificates.crt").read_bytes().split(b"-----END CERTIFICATE-----")[0]
    data = base64.b64encode(strange + b"-----END CERTIFICATE-----\n").decode()

    with (
        closing(changed(cluster, tmp_path, **{"certificate-authority-data": data})) as client,
        pytest.raises(BackendError, match="its certificate is not trusted"),
    ):
        client.raw("/version")


@pytest.fixture(scope="module")
def pod(client: Client, cluster: Given, engine: str) -> Iterator[str]:
    """The path of a pod that runs, and that prints one line and is quiet."""
    repository = f"{cluster.registry}/{client.namespace}/python"
    with closing(docker.DockerClient(base_url=engine, timeout=60)) as images:
        images.images.get(BASE).tag(repository, "1")
        assert not [line for line in images.images.push(repository, "1", stream=True, decode=True) if "error" in line]
        script = "echo first; exec sleep 600"
        container = {"name": "app", "image": f"{repository}:1", "command": ["sh", "-c", script]}
        spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "quiet"}, "spec": spec}
        client.create(object_path("pods", client.namespace), body)
        path = object_path("pods", client.namespace, "quiet")
        until(lambda: client.get(path, Pod).status.phase == "Running", 120)
        yield path
        images.images.remove(f"{repository}:1")


@pytest.mark.engine
def test_closing_a_quiet_log_ends_the_read(client: Client, pod: str) -> None:
    """Over TLS, from another thread, at once and without an error."""
    reading = client.stream(f"{pod}/log", {"follow": "true"})
    chunks = reading.__enter__()
    first = next(chunks)
    started = time.monotonic()
    threading.Timer(0.5, reading.__exit__, (None, None, None)).start()

    rest = list(chunks)

    assert (first, rest) == (b"first\n", [])
    assert time.monotonic() - started < 10


@pytest.mark.engine
def test_a_two_way_connection_speaks_the_newest_protocol(client: Client, pod: str) -> None:
    """The command's output comes in frames, and its end on the channel for errors."""
    socket = client.socket(f"{pod}/exec", [("command", "echo"), ("command", "hello"), ("stdout", "true")])
    frames = []
    while not frames or frames[-1][:1] != b"\x03":
        frames.append(socket.recv_data()[1])
    chosen = subprotocol(socket)
    socket.shutdown()

    assert chosen == V5
    assert b"\x01hello\n" in frames
    assert b'"status":"Success"' in frames[-1]


@pytest.mark.engine
def test_a_two_way_connection_to_no_pod_is_told(client: Client, pod: str) -> None:
    """By the server's own words."""
    with pytest.raises(NotFoundError, match="cannot open exec of pods/none"):
        client.socket(f"{pod.rpartition('/')[0]}/none/exec", [("command", "true"), ("stdout", "true")])
