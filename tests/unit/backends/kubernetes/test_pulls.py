"""Whether a revision has a pull secret, and what stands in it."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from unit.backends.kubernetes.apiserver import Api, Reply, failure
from unit.backends.kubernetes.causes.patients import app
from unit.backends.kubernetes.served import pod, served

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.login import Login, login
from cloudkit.backends.kubernetes.manifests import manifests
from cloudkit.backends.kubernetes.manifests.pulling import pull_object
from cloudkit.backends.kubernetes.objects import KeptRevision, Pod, Sealed, Workload
from cloudkit.backends.kubernetes.observe import Observation
from cloudkit.backends.kubernetes.plan import plan_actions
from cloudkit.backends.kubernetes.pulls import PullSecret, wanted_registry
from cloudkit.backends.kubernetes.records import read_record
from cloudkit.errors import AccessError
from cloudkit.model.app import AppSpec
from cloudkit.model.progress import Progress, silent
from cloudkit.model.secret import Secret

HOME = "registry.example"
SPEC = app()
NOTHING = Observation(app="web", owner=None)
SECRET = "PATCH /api/v1/namespaces/default/secrets/web-pull"


@pytest.fixture
def logged_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Writes docker's configuration."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))

    def write(**auths: dict[str, str]) -> None:
        named = {name.replace("_", "."): entry for name, entry in auths.items()}
        (tmp_path / "config.json").write_text(json.dumps({"auths": named}))

    write()
    return write


def known(registry: str) -> Login:
    """Know somebody everywhere."""
    return Login(registry=registry, entry=Secret("YW5uOnB3"))


def nobody(registry: str) -> Login:
    """Know nobody."""
    return Login(registry=registry)


def seen(pull: str, *pods: Pod, spec: AppSpec = SPEC, entries: dict[str, str] | None = None) -> Observation:
    """Return an app of one revision."""
    sent = manifests(spec, namespace="default", revision=1, generation=1, pull=pull)
    made = next(one for one in sent if one["kind"] == "Deployment")
    owner = msgspec.convert(made, Workload)
    given = {key: Secret(value) for key, value in (entries or {}).items()}
    body = pull_object("web", given, namespace="default", labels={})
    return Observation(
        app="web",
        owner=owner,
        record=read_record(owner),
        history=(msgspec.convert(made, KeptRevision),),
        pods=pods,
        secrets=(msgspec.convert(body, Sealed),) if given else (),
    )


def unpulled() -> Pod:
    """Return a pod whose node has no image."""
    waiting = {"name": "app", "state": {"waiting": {"reason": "ImagePullBackOff"}}}
    return pod("web-a", status={"containerStatuses": [waiting]})


def test_a_new_revision_has_one_where_docker_knows_the_registry() -> None:
    """And none where it does not."""
    assert wanted_registry(NOTHING, SPEC, ask=known) == HOME
    assert wanted_registry(NOTHING, SPEC, ask=nobody) == ""
    assert wanted_registry(seen(""), SPEC.replace(restarted="now"), ask=known) == HOME


@pytest.mark.parametrize("pull", ["", HOME])
@pytest.mark.parametrize("ask", [known, nobody])
def test_a_revision_keeps_what_was_decided(pull: str, ask: Callable[[str], Login]) -> None:
    """A change from another machine replaces no replica for what that one knows of the registry."""
    assert wanted_registry(seen(pull, pod("web-a")), SPEC.replace(replicas=3), ask=ask) == pull


def test_the_next_revision_keeps_it_without_credentials_here() -> None:
    """Else a restart by a bot would take the nodes' credentials; another registry's are of no use."""
    elsewhere = seen("other.example")

    assert wanted_registry(seen(HOME), SPEC.replace(restarted="now"), ask=nobody) == HOME
    assert wanted_registry(elsewhere, SPEC.replace(restarted="now"), ask=nobody) == ""


def test_a_revision_whose_image_is_refused_gets_one_when_somebody_has_logged_in() -> None:
    """It is a new revision, as its pods are others."""
    there = seen("", unpulled())

    assert wanted_registry(there, SPEC, ask=known) == HOME
    assert wanted_registry(there, SPEC, ask=nobody) == ""


def test_a_plan_names_the_pull_secret_and_shows_nothing_of_it() -> None:
    """A new revision of the same spec counts as a change."""
    situation = replace(served(SPEC).situation(unpulled()), pull=HOME)

    steps = plan_actions(situation, SPEC)

    assert [str(one) for one in steps][:3] == [
        "record revision 2 generation 2",
        "update deployment web",
        f"create secret web-pull to pull from {HOME}",
    ]


def test_only_the_pods_of_such_a_revision_name_it() -> None:
    """Without one, nothing of an app is other than before."""
    plain, pulled = (
        next(one for one in manifests(SPEC, namespace="n", revision=1, generation=1, pull=pull) if "Dep" in one["kind"])
        for pull in ("", HOME)
    )

    template = pulled["spec"]["template"]
    assert "imagePullSecrets" not in plain["spec"]["template"]["spec"]
    assert template["spec"]["imagePullSecrets"] == [{"name": "web-pull"}]
    assert template["metadata"]["annotations"] == {"cloudkit/revision": "1", "cloudkit/pull": HOME}


def test_only_what_a_revision_needs_is_written(api: Api, client: Client, logged_in: Callable[..., None]) -> None:
    """Of two revisions of two registries, the entry of each: one may be of an older login, none is of a third."""
    logged_in(registry_example={"auth": "YW5uOm5ldw=="}, third_example={"auth": "Ym9iOnB3"})
    api.on(SECRET, Reply(body={}))
    there = seen("other.example", entries={"other.example": "b2xkOnB3", "stale.example": "eDp5"})

    PullSecret(client=client, listener=silent).renew(SPEC, HOME, there, fresh=True)

    written = json.loads(b64decode(api.asked[-1].json["data"][".dockerconfigjson"]))
    assert written == {"auths": {"other.example": {"auth": "b2xkOnB3"}, HOME: {"auth": "YW5uOm5ldw=="}}}
    assert api.asked[-1].json["type"] == "kubernetes.io/dockerconfigjson"
    assert "immutable" not in api.asked[-1].json


@pytest.mark.parametrize("entry", ["YW5uOnB3", None])
def test_what_is_there_already_is_not_written(
    api: Api, client: Client, logged_in: Callable[..., None], entry: str | None
) -> None:
    """As without credentials here, when what another machine has given stays."""
    if entry:
        logged_in(registry_example={"auth": entry})

    PullSecret(client=client, listener=silent).renew(SPEC, HOME, seen(HOME, entries={HOME: "YW5uOnB3"}), fresh=False)

    assert api.calls() == []


def test_who_may_not_write_secrets_is_told_for_a_new_revision_alone(
    api: Api, client: Client, logged_in: Callable[..., None]
) -> None:
    """Another number of replicas goes on with the credentials that are there."""
    logged_in(registry_example={"auth": "YW5uOm5ldw=="})
    api.on(SECRET, failure(403, "Forbidden", "secrets is forbidden"))
    there, pull = seen(HOME, entries={HOME: "YW5uOm9sZA=="}), PullSecret(client=client, listener=silent)

    pull.renew(SPEC, HOME, there, fresh=False)

    with pytest.raises(AccessError, match="secrets"):
        pull.renew(SPEC, HOME, there, fresh=True)


def test_an_identity_token_is_told_and_not_shown(client: Client, logged_in: Callable[..., None]) -> None:
    """Nodes cannot exchange one."""
    told: list[Progress] = []
    logged_in(registry_example={"identitytoken": "opaque"})

    PullSecret(client=client, listener=told.append).renew(SPEC, "", NOTHING, fresh=True)

    [message] = [one.message for one in told]
    assert f"docker knows {HOME} by an identity token, which nodes cannot use" in message
    assert f"docker login {HOME} with a name and an access token" in message
    assert "opaque" not in message


def test_a_helper_gives_what_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is missing is told, with what helps; it is no reason against an image that anybody may pull."""
    program = tmp_path / "docker-credential-vault"
    (tmp_path / "config.json").write_text('{"credsStore": "vault"}')
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    missing = login(HOME)
    program.write_text('#!/bin/sh\necho \'{"Username": "ann", "Secret": "pw"}\'\n')
    program.chmod(0o755)

    found = login(HOME)

    assert missing.entry is None
    assert "docker-credential-vault is not on PATH" in missing.trouble
    assert found.entry is not None
    assert found.entry.reveal() == b64encode(b"ann:pw").decode()
    assert "pw" not in repr(found)
