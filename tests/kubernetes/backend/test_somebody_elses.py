"""What has an app's names but is somebody else's is never changed, whoever wrote it and however it is labelled."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes import client, dynamic

from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError
from cloudkit.model.secret import Secret

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]

SLEEP = ("sleep", "600")
HELM = {"app.kubernetes.io/name": "web", "app.kubernetes.io/managed-by": "Helm"}
PORTS = {"ports": [{"name": "port-8080", "port": 8080}]}
OBJECTS = {
    "published": {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web-published"}, "spec": PORTS},
    "helm": {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "labels": HELM}, "spec": PORTS},
    "secret": {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web-env-1"}, "data": {"OTHER": "eA=="}},
    "budget": {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "web"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"some": "body"}}},
    },
    "policy": {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "web"},
        "spec": {"podSelector": {"matchLabels": {"some": "body"}}},
    },
}


@pytest.mark.parametrize("manager", ["kubectl-create", "somebody"])
@pytest.mark.parametrize("which", OBJECTS)
def test_an_object_of_an_apps_name_stays_somebody_elses(
    api: Any, space: str, cloud: Cloud, image: str, which: str, manager: str
) -> None:
    """Service, Secret, budget or policy: the app is refused, and nothing of it is left."""
    body = OBJECTS[which]
    kind = dynamic.DynamicClient(api).resources.get(api_version=body["apiVersion"], kind=body["kind"])
    made = kind.create(body, namespace=space, field_manager=manager)

    with pytest.raises(ConflictError, match="somebody else's"):
        cloud.deploy(
            "web",
            image,
            command=SLEEP,
            port=8080,
            publish=0,
            replicas=2,
            networks="private",
            env={"TOKEN": Secret("hunter2")},
            wait=False,
        )

    left = kind.get(name=made.metadata.name, namespace=space)
    assert (left.metadata.labels, left.spec, left.data) == (made.metadata.labels, made.spec, made.data)
    assert "cloudkit" not in {one.manager for one in left.metadata.managedFields}
    assert cloud.apps() == ()


def test_an_app_is_not_published_by_another_apps_service(api: Any, space: str, cloud: Cloud, image: str) -> None:
    """The name of what publishes ``web`` may be the name of an app."""
    cloud.deploy("web-published", image, command=SLEEP, port=8080, wait=False)

    with pytest.raises(ConflictError, match="somebody else's"):
        cloud.deploy("web", image, command=SLEEP, port=8080, publish=0, wait=False)

    left = client.CoreV1Api(api).read_namespaced_service("web-published", space)
    assert left.spec is not None
    assert left.spec.type == "ClusterIP"
