"""Looking at one app asks no more rights than its spec needs."""

from __future__ import annotations

import msgspec
import pytest
from unit.backends.kubernetes.apiserver import Api, Reply, failure, listing
from unit.backends.kubernetes.served import served

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.observe import observe_app
from cloudkit.errors import AccessError
from cloudkit.model.app import AppSpec
from cloudkit.model.reference import Reference
from cloudkit.model.secret import Secret

IMAGE = Reference.parse(f"registry.example/web:1@sha256:{'ab' * 32}")
SPACE = "namespaces/default"
LISTED = (
    f"GET /api/v1/{SPACE}/configmaps",
    f"GET /api/v1/{SPACE}/pods",
    f"GET /api/v1/{SPACE}/services",
    f"GET /apis/apps/v1/{SPACE}/replicasets",
    f"GET /apis/autoscaling/v2/{SPACE}/horizontalpodautoscalers",
    f"GET /apis/networking.k8s.io/v1/{SPACE}/ingresses",
    f"GET /apis/networking.k8s.io/v1/{SPACE}/networkpolicies",
    f"GET /apis/policy/v1/{SPACE}/poddisruptionbudgets",
)


def only_look(api: Api, spec: AppSpec) -> None:
    """Let an API server show all but Secrets, as the cluster role ``view`` does."""
    for request in LISTED:
        api.on(request, listing())
    owner = msgspec.to_builtins(served(spec).owner)
    api.on(f"GET /apis/apps/v1/{SPACE}/deployments/{spec.name}", Reply(body=owner))
    api.on(f"GET /api/v1/{SPACE}/services/{spec.name}", failure(404, "NotFound"))
    api.on(f"GET /api/v1/{SPACE}/secrets", failure(403, "Forbidden", "secrets is forbidden"))


def test_an_app_without_secrets_is_seen_by_who_may_only_look(api: Api, client: Client) -> None:
    """The role ``view`` shows no Secrets, and logs and status need none."""
    spec = AppSpec(name="web", image=IMAGE, env={"LEVEL": "info"})
    only_look(api, spec)

    seen = observe_app(client, "web")

    assert seen.record is not None
    assert seen.record.spec == spec
    assert seen.secrets == ()


def test_an_app_with_secrets_needs_the_right_to_them(api: Api, client: Client) -> None:
    """A spec without its values would be another spec: nothing is guessed."""
    only_look(api, AppSpec(name="web", image=IMAGE, env={"TOKEN": Secret("x")}))

    with pytest.raises(AccessError, match="cannot list secrets"):
        observe_app(client, "web")
