"""Images of a registry that wants a password: nodes get docker's credentials for it, and no others."""

from __future__ import annotations

import io
import json
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import pytest
from conftest import absent, unused_port
from kubernetes import client
from testbed.cluster.given import Given
from testbed.cluster.told import nodes_told
from testbed.registry import serving

from cloudkit.cloud import Cloud
from cloudkit.errors import AccessError, RolloutError
from cloudkit.model.cause import CauseCode
from cloudkit.model.progress import Progress, silent

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]
SLEEP = ("sh", "-c", "trap exit TERM; sleep 600 & wait")
FIRST, SECOND = "s3cret-pass", "other-pass"
LINES = {  # bcrypt of them
    FIRST: "ann:$2b$04$nrRK/gHuTjf8Oe0NGsCTDOTM0o2EYtbwWiaAo7QE722swYpFhLOqO\n",
    SECOND: "ann:$2b$04$nrRK/gHuTjf8Oe0NGsCTDOCE2VOnaavSP7Jp/yzYdkmNKd4Qgg6CO\n",
}


@dataclass(frozen=True)
class Locked:
    """A registry that only ann may use, and docker's configuration of this machine."""

    domain: str
    accounts: Path
    config: Path
    engine: str

    def log_in(self, password: str, **more: Any) -> None:
        """Let docker's configuration know ann, and somebody at another registry."""
        entries = {self.domain: ("ann", password), "elsewhere.example": ("bob", "bobs-pass")}
        auths = {key: {"auth": b64encode(":".join(who).encode()).decode()} for key, who in entries.items()}
        (self.config / "config.json").write_text(json.dumps({"auths": auths, **more}))

    def log_out(self) -> None:
        """Let docker's configuration know nobody."""
        (self.config / "config.json").write_text("{}")

    def image(self) -> str:
        """Return an image that is nowhere but in the registry, by its digest: so nobody here asks for it."""
        name = f"{self.domain}/{secrets.token_hex(4)}"
        recipe = io.BytesIO(f"FROM python:3.11-slim-bookworm\nLABEL one={name}\n".encode())
        with closing(docker.DockerClient(base_url=self.engine, timeout=60)) as images:
            # Without the cache: an engine that looks there fails where another test removes an image meanwhile.
            images.images.build(fileobj=recipe, tag=f"{name}:1", rm=True, nocache=True)
            who = {"username": "ann", "password": FIRST}
            told = list(images.images.push(name, "1", stream=True, decode=True, auth_config=who))
            assert not [line for line in told if "error" in line]
            images.images.remove(f"{name}:1", force=True)
        digest = re.search(r"digest: (sha256:[0-9a-f]{64})", repr(told))
        assert digest
        return f"{name}:1@{digest[1]}"


@pytest.fixture
def locked(
    cluster: Given, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Locked]:
    """A registry with accounts that the nodes know; docker is logged in."""
    port, accounts, config = unused_port(), tmp_path / "htpasswd", tmp_path / "docker"
    config.mkdir()
    accounts.write_text(LINES[FIRST])
    monkeypatch.setenv("DOCKER_CONFIG", str(config))
    with serving(tmp_path, port, host="", accounts=accounts) as url, nodes_told(cluster, port) as domain:
        if url is None or domain is None:
            absent(request.config, "kubernetes", "no registry program, or nodes that cannot be told of a registry")
        made = Locked(domain, accounts, config, engine)
        made.log_in(FIRST)
        yield made


@pytest.fixture
def entries(api: Any, space: str) -> Callable[[], dict[str, str]]:
    """Reads the pull secret of the app: who the nodes are to which registry; nothing where there is none."""

    def read() -> dict[str, str]:
        listed: list[Any] = client.CoreV1Api(api).list_namespaced_secret(space).items
        found = [one for one in listed if one.metadata.name == "web-pull"]
        if not found:
            return {}
        assert found[0].type == "kubernetes.io/dockerconfigjson"
        auths = json.loads(b64decode(found[0].data[".dockerconfigjson"]))["auths"]
        return {key: b64decode(entry["auth"]).decode() for key, entry in auths.items()}

    return read


def test_nodes_pull_with_docker_s_credentials(
    locked: Locked, cloud: Cloud, entries: Callable[[], dict[str, str]], api: Any, space: str
) -> None:
    """With the entry of that registry alone, and with none of it where anybody may look."""
    told: list[Progress] = []

    web = cloud.deploy("web", locked.image(), command=SLEEP)

    state = web.status()
    assert (state.settled, entries()) == (True, {locked.domain: f"ann:{FIRST}"})
    assert cloud.backend.plan(state.spec).empty
    cloud.backend.apply(cloud.backend.plan(state.spec), listener=told.append)
    pods = client.CoreV1Api(api).list_namespaced_pod(space).items
    deployments = client.AppsV1Api(api).list_namespaced_deployment(space).items
    seen = repr((pods, deployments, state, told, cloud.backend.plan(state.spec), list(web.events())))
    assert FIRST not in seen
    assert b64encode(f"ann:{FIRST}".encode()).decode() not in seen


def test_a_deletion_takes_the_pull_secret(locked: Locked, cloud: Cloud, entries: Callable[[], dict[str, str]]) -> None:
    """As all that is the app's."""
    web = cloud.deploy("web", locked.image(), command=SLEEP)
    plan = cloud.backend.plan_delete("web")

    web.delete()

    assert any((one.object, one.name) == ("secret", "web-pull") for one in plan.actions)
    assert entries() == {}


def test_whoever_has_not_logged_in_is_told_to_and_deploys_again(
    locked: Locked, cloud: Cloud, entries: Callable[[], dict[str, str]]
) -> None:
    """The same call then goes through; without credentials there is no pull secret."""
    image = locked.image()
    locked.log_out()
    with pytest.raises(RolloutError) as caught:
        cloud.deploy("web", image, command=SLEEP)
    cause = caught.value.cause
    assert (cause.code, cause.fix) == (
        CauseCode.REGISTRY_REFUSED,
        f"docker login {locked.domain}; then deploy again",
    )
    assert entries() == {}
    locked.log_in(FIRST)

    web = cloud.deploy("web", image, command=SLEEP)

    assert web.status().settled
    assert entries() == {locked.domain: f"ann:{FIRST}"}


def test_renewed_credentials_arrive_though_nothing_else_changes(
    locked: Locked, cloud: Cloud, entries: Callable[[], dict[str, str]]
) -> None:
    """The registry has another password by now; no replica is replaced."""
    web = cloud.deploy("web", locked.image(), command=SLEEP)
    before = web.status()
    locked.accounts.write_text(LINES[SECOND])
    locked.log_in(SECOND)
    plan = cloud.backend.plan(before.spec)
    assert plan.empty

    cloud.backend.apply(plan, listener=silent)

    assert entries() == {locked.domain: f"ann:{SECOND}"}
    assert web.status().replicas == before.replicas


def test_a_machine_without_credentials_changes_what_another_has_deployed(
    locked: Locked, cloud: Cloud, entries: Callable[[], dict[str, str]]
) -> None:
    """Neither its number of replicas nor a restart, which is a revision, loses the pull secret."""
    web = cloud.deploy("web", locked.image(), command=SLEEP)
    before = {one.id for one in web.status().replicas}
    locked.log_out()

    web.scale(2)
    assert before < {one.id for one in web.status().replicas}
    web.restart()

    assert web.status().settled
    assert entries() == {locked.domain: f"ann:{FIRST}"}


def test_a_pull_secret_goes_with_the_last_revision_that_names_it(
    locked: Locked, cloud: Cloud, image: str, entries: Callable[[], dict[str, str]], api: Any, space: str
) -> None:
    """While one is kept, a rollback pulls by it."""
    web = cloud.deploy("web", locked.image(), command=SLEEP)
    cloud.deploy("web", image, command=SLEEP)
    assert entries() == {locked.domain: f"ann:{FIRST}"}
    web.rollback()
    assert web.status().settled
    cloud.deploy("web", image, command=SLEEP)
    apps: Any = client.AppsV1Api(api)
    for one in apps.list_namespaced_replica_set(space).items:
        if one.spec.template.spec.image_pull_secrets:
            apps.delete_namespaced_replica_set(one.metadata.name, space)

    web.scale(2)

    assert entries() == {}


@pytest.mark.usefixtures("cloud")
def test_an_identity_token_is_no_password_and_is_told(locked: Locked, cluster: Given, space: str) -> None:
    """A node cannot exchange it; the notice says what helps."""
    told: list[Progress] = []
    image = locked.image()
    auths = {locked.domain: {"identitytoken": "opaque-token"}}
    (locked.config / "config.json").write_text(json.dumps({"auths": auths}))
    options: dict[str, Any] = {"namespace": space, "registry": cluster.registry, "listener": told.append}

    with Cloud("kubernetes", **options) as cloud, pytest.raises(RolloutError):
        cloud.deploy("web", image, command=SLEEP)

    messages = [one.message for one in told if "identity token" in one.message]
    assert messages
    assert f"docker login {locked.domain}" in messages[0]
    assert "opaque-token" not in repr(told)


def test_a_task_is_pulled_by_a_secret_of_its_own(locked: Locked, cloud: Cloud, api: Any, space: str) -> None:
    """It goes with the task."""
    image = locked.image()

    result = cloud.run(image, "echo", "pulled")

    assert result.output == "pulled\n"
    assert client.CoreV1Api(api).list_namespaced_secret(space).items == []


def test_a_task_without_credentials_is_refused_with_the_login(locked: Locked, cloud: Cloud) -> None:
    """As an app is."""
    image = locked.image()
    locked.log_out()

    with pytest.raises(AccessError) as caught:
        cloud.run(image, "echo", "pulled")

    assert f"docker login {locked.domain}" in caught.value.hint
