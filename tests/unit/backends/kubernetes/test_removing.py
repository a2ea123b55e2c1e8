"""Removing what was seen of an app, and nothing that was made since; waiting for its end, no longer than one may."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import msgspec
import pytest
from unit.backends.kubernetes.apiserver import Api, Reply, Stream, event, failure, item, listing
from unit.backends.kubernetes.causes.patients import app
from unit.backends.kubernetes.served import pod, served

from cloudkit.backends.kubernetes import removing
from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.observe import Observation
from cloudkit.backends.kubernetes.removing import await_end, remove_app
from cloudkit.errors import BackendError
from cloudkit.model.secret import Secret

SPACE = "namespaces/default"


def gone(api: Api, *pods: object) -> None:
    """Let an API server have no Deployment, and some pods."""
    api.on(f"GET /apis/apps/v1/{SPACE}/deployments", listing())
    api.on(f"GET /api/v1/{SPACE}/pods", listing(*(msgspec.to_builtins(one) for one in pods)))
    for path in (f"/apis/apps/v1/{SPACE}/deployments", f"/api/v1/{SPACE}/pods"):
        api.on(f"WATCH {path}", Stream(end="hang"))


def test_only_what_was_seen_is_removed(api: Api, client: Client) -> None:
    """Whoever deploys the app again meanwhile keeps what it has made under the same names."""
    there = served(app(env={"TOKEN": Secret("x")}))
    secrets = tuple(
        msgspec.structs.replace(one, metadata=msgspec.structs.replace(one.metadata, uid="uid-secret"))
        for one in there.secrets
    )
    services = tuple(
        msgspec.structs.replace(one, metadata=msgspec.structs.replace(one.metadata, uid="uid-service"))
        for one in there.services
    )
    others = {("poddisruptionbudgets", "web"): "uid-budget"}
    gone(api)
    api.on(f"DELETE /api/v1/{SPACE}/services/web", failure(409, "Conflict", "the UID in the precondition differs"))
    api.on(f"DELETE /api/v1/{SPACE}/secrets/web-env-1", Reply(body={}))
    api.on(f"DELETE /apis/policy/v1/{SPACE}/poddisruptionbudgets/web", Reply(body={}))

    remove_app(client, Observation(app="web", owner=None, services=services, secrets=secrets, others=others))

    deleted = {one.path.split("/")[-2]: one.json["preconditions"] for one in api.asked if one.method == "DELETE"}
    assert deleted == {
        "services": {"uid": "uid-service"},
        "secrets": {"uid": "uid-secret"},
        "poddisruptionbudgets": {"uid": "uid-budget"},
    }


def test_an_end_is_waited_for_no_longer_than_one_may(api: Api, client: Client) -> None:
    """The time that a call was given counts from its beginning."""
    gone(api, pod("web-a"))
    begun = time.monotonic()

    with pytest.raises(BackendError, match="does not end: web-a"):
        await_end(client, "web", "Deployment", timeout=0.2)

    assert time.monotonic() - begun < 10


def test_an_end_is_waited_for_while_anything_goes(api: Api, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the whole takes: after a restart of its API server a cluster begins late, and goes on from there."""
    monkeypatch.setattr(removing, "PATIENCE", 2.0)
    pods = [msgspec.to_builtins(pod(f"web-{letter}")) for letter in "abc"]
    gone(api, *(pod(f"web-{letter}") for letter in "abc"))
    api.on(f"WATCH /api/v1/{SPACE}/pods", Stream(slowly([event("DELETED", one) for one in pods], 1.0), end="hang"))
    begun = time.monotonic()

    await_end(client, "web", "Deployment")

    assert time.monotonic() - begun > removing.PATIENCE


def test_what_changes_and_does_not_go_is_given_up(api: Api, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container that ends again and again brings its pod no nearer to its end."""
    monkeypatch.setattr(removing, "PATIENCE", 0.5)
    stuck = pod("web-a")
    gone(api, stuck)
    changes = [
        event("MODIFIED", msgspec.to_builtins(stuck) | {"status": {"message": str(number)}}) for number in range(100)
    ]
    api.on(f"WATCH /api/v1/{SPACE}/pods", Stream(slowly(changes, 0.1), end="hang"))

    with pytest.raises(BackendError, match="does not end: web-a"):
        await_end(client, "web", "Deployment")


def test_what_the_clusters_controllers_keep_is_said_to_be_theirs(
    api: Api, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a pod left, it is no pod that one looks at."""
    monkeypatch.setattr(removing, "PATIENCE", 0.2)
    gone(api)
    api.on(f"GET /apis/apps/v1/{SPACE}/deployments", listing(item("web")))

    with pytest.raises(BackendError, match="does not end: its Deployment") as caught:
        await_end(client, "web", "Deployment")

    assert "the cluster's controllers" in caught.value.evidence[0]
    assert caught.value.hint == "kubectl describe deployment -n default web"


def slowly(chunks: Sequence[bytes], pause: float) -> Iterator[bytes]:
    """Let time pass before each."""
    for chunk in chunks:
        time.sleep(pause)
        yield chunk
