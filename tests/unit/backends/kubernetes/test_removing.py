"""Removing what was seen of an app, and nothing that was made since; waiting for its end, no longer than one may."""

from __future__ import annotations

import time

import msgspec
import pytest
from unit.backends.kubernetes.apiserver import Api, Reply, Stream, failure, listing
from unit.backends.kubernetes.causes.patients import app
from unit.backends.kubernetes.served import pod, served

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

    remove_app(client, Observation(app="web", deployment=None, services=services, secrets=secrets, others=others))

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
