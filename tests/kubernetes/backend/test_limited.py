"""An account that may do all but one thing is told which, and how to ask for it; nothing is left half made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client
from testbed.cluster.given import Given

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import AccessError

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]

VERBS = ("get", "list", "watch", "create", "patch", "update", "delete")
RESOURCES = {
    "": ("pods", "pods/log", "pods/exec", "pods/attach", "pods/portforward", "services", "secrets", "configmaps",
         "persistentvolumeclaims", "events"),
    "apps": ("deployments", "statefulsets", "daemonsets", "replicasets", "controllerrevisions"),
    "batch": ("jobs", "cronjobs"),
    "autoscaling": ("horizontalpodautoscalers",),
    "networking.k8s.io": ("ingresses", "networkpolicies"),
    "policy": ("poddisruptionbudgets",),
}  # fmt: skip
"""All that an app may need."""
RUNS = {"command": ("sleep", "600")}
Limited = Callable[[str, str], Cloud]


def rules(*, without: str, of: str) -> list[dict[str, Any]]:
    """Return a role's rules: all but one verb on one resource."""
    return [
        {"apiGroups": [group], "resources": [one], "verbs": [verb for verb in VERBS if (verb, one) != (without, of)]}
        for group, resources in RESOURCES.items()
        for one in resources
    ]


@contextmanager
def account(api: Any, space: str, cluster: Given, folder: Path) -> Iterator[Path]:
    """Make a service account, and a kubeconfig that has a token of it."""
    core, name = client.CoreV1Api(api), "limited"
    core.create_namespaced_service_account(space, {"metadata": {"name": name}})
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
    token = core.create_namespaced_service_account_token(name, space, body).status.token
    content: Any = yaml.safe_load(cluster.kubeconfig.read_text())
    for one in content["users"]:
        one["user"] = {"token": token}
    file = folder / "limited"
    file.write_text(yaml.safe_dump(content))
    yield file


@pytest.fixture
def limited(api: Any, space: str, cluster: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Limited]:
    """Makes a cloud of an account that may do all but one verb on one resource."""
    roles = client.RbacAuthorizationV1Api(api)
    made: list[Cloud] = []
    with account(api, space, cluster, tmp_path) as kubeconfig:

        def limit(without: str, of: str) -> Cloud:
            named = {"metadata": {"name": "limited"}}
            roles.create_namespaced_role(space, {**named, "rules": rules(without=without, of=of)})
            reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "limited"}
            subject = {"kind": "ServiceAccount", "name": "limited", "namespace": space}
            roles.create_namespaced_role_binding(space, {**named, "roleRef": reference, "subjects": [subject]})
            monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
            made.append(Cloud("kubernetes", namespace=space, registry=cluster.registry))
            return made[-1]

        yield limit
    for one in made:
        one.close()


@pytest.mark.parametrize(
    ("options", "verb", "resource", "question"),
    [
        ({"kind": "service", "port": 8080}, "create", "deployments", "deployments.apps"),
        ({"kind": "worker"}, "create", "deployments", "deployments.apps"),
        ({"kind": "daemon"}, "create", "daemonsets", "daemonsets.apps"),
        ({"kind": "stateful", "port": 8080}, "create", "statefulsets", "statefulsets.apps"),
        ({"kind": "job"}, "create", "cronjobs", "cronjobs.batch"),
        ({"kind": "cron", "schedule": "0 3 * * *"}, "create", "cronjobs", "cronjobs.batch"),
        ({"port": 8080}, "create", "services", "services"),
        ({"port": 8080}, "patch", "services", "services/web"),
        ({"port": 8080, "env": ["A=1"], "secrets": {"token": "hunter2"}}, "create", "secrets", "secrets"),
        ({"config": {"/etc/a": "x"}}, "create", "configmaps", "configmaps"),
        ({"volumes": "data:/data"}, "create", "persistentvolumeclaims", "persistentvolumeclaims"),
        ({"port": 8080, "host": "web.example.com"}, "create", "ingresses", "ingresses.networking.k8s.io"),
        ({"port": 8080, "replicas": 2}, "create", "poddisruptionbudgets", "poddisruptionbudgets.policy"),
        (
            {"port": 8080, "cpu_request": "50m", "autoscale": "1-3 cpu 50%"},
            "create",
            "horizontalpodautoscalers",
            "horizontalpodautoscalers.autoscaling",
        ),
        ({"port": 8080, "networks": ["back"]}, "create", "networkpolicies", "networkpolicies.networking.k8s.io"),
    ],
)
def test_what_a_deployment_lacks_is_named(
    limited: Limited, api: Any, space: str, image: str, options: dict[str, Any], verb: str, resource: str, question: str
) -> None:
    """Verb and resource, whose account it is, and the call that asks the cluster; no part of the app is left."""
    cloud = limited(verb, resource)

    with pytest.raises(AccessError) as caught:
        cloud.deploy("web", image, **({} if "port" in options else RUNS), **options)

    assert caught.value.summary.endswith(f": not allowed to {verb} {resource}")
    assert caught.value.hint.startswith(f"kubectl auth can-i {verb} {question} -n {space}")
    assert f"system:serviceaccount:{space}:limited" in caught.value.evidence[0]
    assert "hunter2" not in str(caught.value)
    assert left(api, space) == []


@pytest.mark.parametrize(
    ("act", "verb", "resource", "question"),
    [
        (lambda app: list(app.logs()), "get", "pods/log", "pods/{pod} --subresource=log"),
        (lambda app: app.exec("true"), "get", "pods/exec", "pods/{pod} --subresource=exec"),
        (lambda app: app.status(), "list", "pods", "pods"),
        (lambda app: app.scale(3), "patch", "deployments", "deployments.apps/web"),
        (lambda app: app.delete(), "delete", "deployments", "deployments.apps/web"),
    ],
    ids=["logs", "exec", "status", "scale", "delete"],
)
def test_what_a_verb_on_an_app_lacks_is_named(
    limited: Limited, web: App, space: str, act: Callable[[App], object], verb: str, resource: str, question: str
) -> None:
    """The same of what reads and changes an app that is there, which stays as it is."""
    before = web.status()
    restricted = limited(verb, resource).app("web")

    with pytest.raises(AccessError) as caught:
        act(restricted)

    assert caught.value.summary.endswith(f": not allowed to {verb} {resource}")
    asked = caught.value.hint.removeprefix(f"kubectl auth can-i {verb} ")
    assert asked.startswith(tuple(f"{question.format(pod=one.name)} -n {space}" for one in before.replicas))
    assert web.status().spec == before.spec


def left(api: Any, space: str) -> list[str]:
    """Name what is there of an app, a volume apart."""
    apps, batch, core = client.AppsV1Api(api), client.BatchV1Api(api), client.CoreV1Api(api)
    lists = (
        apps.list_namespaced_deployment, apps.list_namespaced_daemon_set, apps.list_namespaced_stateful_set,
        batch.list_namespaced_cron_job, batch.list_namespaced_job, core.list_namespaced_service,
        core.list_namespaced_secret,
    )  # fmt: skip
    return [one.metadata.name for listed in lists for one in listed(space).items]
