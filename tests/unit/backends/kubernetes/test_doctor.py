"""What is there of a cluster, and the command that helps with what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from unit.backends.kubernetes.apiserver import Api, Asked, Reply, failure, item, listing
from unit.backends.kubernetes.kubeconfig import config_of, kubeconfig

from cloudkit.backends.kubernetes.doctor import examine_cluster
from cloudkit.config import Config
from cloudkit.model.check import Check

READY = {"conditions": [{"type": "Ready", "status": "True"}]}
AWAY = {"conditions": [{"type": "Ready", "status": "Unknown"}]}
DEFAULT = {"storageclass.kubernetes.io/is-default-class": "true"}


def reviewed(*denied: str) -> Any:
    """Return an answer that allows all but those resources."""

    def answer(asked: Asked) -> Reply:
        attributes = asked.json["spec"]["resourceAttributes"]
        return Reply(status=201, body={"status": {"allowed": attributes["resource"] not in denied}})

    return answer


@pytest.fixture
def whole(api: Api) -> Api:
    """A cluster that has all."""
    api.on("GET /version", Reply(body={"gitVersion": "v1.34.1"}))
    api.on("GET /api/v1/namespaces/shop", Reply(body=item("shop")))
    api.on("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", reviewed())
    api.on("GET /api/v1/nodes", listing(item("a", status=READY), item("b", status=READY)))
    api.on("GET /apis/metrics.k8s.io/v1beta1", Reply(body={"kind": "APIResourceList"}))
    kept = {"metadata": {"name": "local", "uid": "u", "annotations": DEFAULT}}
    api.on("GET /apis/storage.k8s.io/v1/storageclasses", listing(kept))
    api.on("GET /v2/", Reply(body={}))
    return api


def config(api: Api, folder: Path, registry: str = "here") -> Config:
    """Resolve a configuration of that cluster, whose server is a registry, too."""
    file = kubeconfig(folder, api.url, namespace="shop")
    named = api.url.removeprefix("http://") if registry == "here" else registry
    return config_of(file, CLOUDKIT_REGISTRY=named)


def seen(checks: tuple[Check, ...], name: str) -> Check:
    """Return one of the checks."""
    return next(check for check in checks if check.name == name)


def test_a_cluster_that_has_all_is_well(whole: Api, tmp_path: Path) -> None:
    """Each look says what it saw."""
    checks = examine_cluster(config(whole, tmp_path))

    assert {check.name: check.detail for check in checks} == {
        "cluster": f"Kubernetes v1.34.1, {whole.url} (context here)",
        "namespace": "shop",
        "permissions": "all that cloudkit needs",
        "nodes": "2 of 2 ready",
        "metrics": "metrics-server answers",
        "volumes": "of storage class local",
        "registry": f"{whole.url.removeprefix('http://')} answers",
    }
    assert all(check.ok for check in checks)


def test_what_one_may_not_do_is_listed(whole: Api, tmp_path: Path) -> None:
    """With the command that asks again."""
    whole.on("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", reviewed("deployments", "secrets"))

    check = seen(examine_cluster(config(whole, tmp_path)), "permissions")

    assert not check.ok
    assert check.detail == ("not allowed: change deployments in namespace 'shop'; create secrets in namespace 'shop'")
    assert check.fix == "kubectl auth can-i patch deployments.apps -n shop; ask the cluster's admin"


@pytest.mark.parametrize(
    ("request_", "answer", "name", "detail"),
    [
        ("GET /api/v1/namespaces/shop", failure(404, "NotFound"), "namespace", "there is no namespace 'shop'"),
        (
            "GET /api/v1/nodes",
            listing(item("a", status=READY), item("b", status=AWAY)),
            "nodes",
            "1 of 2 ready; not ready: b",
        ),
        ("GET /apis/metrics.k8s.io/v1beta1", failure(404, "NotFound"), "metrics", "there is no metrics-server"),
        (
            "GET /apis/storage.k8s.io/v1/storageclasses",
            listing(item("slow")),
            "volumes",
            "no storage class is the default",
        ),
        ("GET /v2/", failure(500, "InternalError"), "registry", "cannot reach"),
    ],
)
def test_what_is_missing_is_told_with_what_mends_it(
    whole: Api, tmp_path: Path, request_: str, answer: Reply, name: str, detail: str
) -> None:
    """And the others are looked at all the same."""
    whole.on(request_, answer)

    checks = examine_cluster(config(whole, tmp_path))

    check = seen(checks, name)
    assert not check.ok
    assert check.detail.startswith(detail)
    assert check.fix
    assert len(checks) == 7
    assert [other.name for other in checks if not other.ok] == [name]


@pytest.mark.parametrize("path", ["/api/v1/namespaces/shop", "/api/v1/nodes", "/apis/storage.k8s.io/v1/storageclasses"])
def test_what_one_may_not_look_at_is_no_fault(whole: Api, tmp_path: Path, path: str) -> None:
    """Who may work in one namespace alone is well served."""
    whole.on(f"GET {path}", failure(403, "Forbidden", "forbidden"))

    checks = examine_cluster(config(whole, tmp_path))

    assert all(check.ok for check in checks)


def test_no_registry_is_told(whole: Api, tmp_path: Path) -> None:
    """What is built here would reach no node."""
    check = seen(examine_cluster(config(whole, tmp_path, registry="")), "registry")

    assert (check.ok, check.fix) == (False, "CLOUDKIT_REGISTRY=localhost:5000")


def test_a_cluster_that_does_not_answer_is_told_alone(tmp_path: Path) -> None:
    """Nothing more is asked of it."""
    file = kubeconfig(tmp_path, "http://127.0.0.1:1")

    checks = examine_cluster(config_of(file))

    assert [check.name for check in checks] == ["cluster", "registry"]
    assert "nothing listens at the API server's address" in checks[0].detail
    assert checks[0].fix == "kubectl --context here cluster-info"


def test_a_plugin_that_fails_is_what_is_wrong_with_the_cluster(tmp_path: Path) -> None:
    """The connection is never tried."""
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin"}}

    checks = examine_cluster(config_of(kubeconfig(tmp_path, "http://127.0.0.1:1", user=user)))

    assert [check.name for check in checks] == ["cluster"]
    assert "no-such-plugin" in checks[0].detail
