"""Drift is looked for by dry runs, which not everybody may make who may look."""

from __future__ import annotations

from unit.backends.kubernetes.apiserver import Api, Reply, failure

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.drift import drift_actions
from cloudkit.backends.kubernetes.manifests import manifests
from cloudkit.model.app import AppSpec
from cloudkit.model.reference import Reference


def test_who_may_only_look_gets_a_plan_without_drift(api: Api, client: Client) -> None:
    """A dry run asks for the permission to change."""
    objects = manifests(
        AppSpec(name="web", image=Reference.parse("web:1")), namespace="default", revision=1, generation=1
    )
    path = "/apis/apps/v1/namespaces/default/deployments/web"
    api.on(f"GET {path}", Reply(body={"metadata": {"name": "web"}, "spec": {"replicas": 1}}))
    api.on(f"PATCH {path}", failure(403, "Forbidden"))

    drifted = list(drift_actions(client, objects))

    assert drifted == []
    assert [one.method for one in api.asked] == ["GET", "PATCH"]
