"""Each refusal says what was refused, by what, and the command that helps."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from unit.backends.kubernetes.apiserver import Api, failure
from unit.backends.kubernetes.kubeconfig import client_of, kubeconfig

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.errors import translate
from cloudkit.backends.kubernetes.refusal import RefusedError, refusal_of
from cloudkit.backends.kubernetes.target import Target
from cloudkit.errors import AccessError, BackendError, CloudkitError, ConflictError, NotFoundError, UsageError

PODS = "/api/v1/namespaces/shop/pods"
WEB = "/apis/apps/v1/namespaces/shop/deployments/web"


def told(status: int, reason: str, message: str, method: str = "PATCH", path: str = WEB, **more: Any) -> CloudkitError:
    """Return the error that an answer becomes."""
    body = {"reason": reason, "message": message, "code": status, **more}
    target = Target.of(method, path)
    with pytest.raises(CloudkitError) as caught, translate(str(target)):
        raise RefusedError(status, json.dumps(body).encode(), {}, target)
    return caught.value


def test_what_is_forbidden_names_verb_and_resource() -> None:
    """And the command that asks whether one may."""
    said = 'deployments.apps "web" is forbidden: User "bob" cannot patch resource "deployments" in API group "apps"'

    error = told(403, "Forbidden", said)

    assert isinstance(error, AccessError)
    assert str(error) == (
        "cannot change deployments/web in namespace 'shop': not allowed to patch deployments\n"
        f"  | {said}\n"
        "  try: kubectl auth can-i patch deployments.apps/web -n shop"
    )


@pytest.mark.parametrize(
    ("message", "kind", "words"),
    [
        (
            'pods "a" is forbidden: exceeded quota: small, requested: cpu=1',
            ConflictError,
            "exceed the namespace's quota",
        ),
        ("unable to create: because it is being terminated", ConflictError, "the namespace is being deleted"),
        ('pods "a" is forbidden: violates PodSecurity "restricted:latest": x', UsageError, "a policy of the cluster"),
        ('admission webhook "no.example" denied the request: no latest', UsageError, "a policy of the cluster"),
    ],
)
def test_what_is_forbidden_by_more_than_permissions_says_so(
    message: str, kind: type[CloudkitError], words: str
) -> None:
    """All four come with status 403."""
    error = told(403, "Forbidden", message, "POST", PODS)

    assert type(error) is kind
    assert words in error.summary
    assert error.evidence == (message,)


def test_a_namespace_that_is_not_there_is_told_with_the_command_that_makes_it() -> None:
    """Though the server says no more than 404."""
    error = told(404, "NotFound", 'namespaces "shop" not found', "POST", PODS)

    assert isinstance(error, NotFoundError)
    assert error.summary == "cannot create pods in namespace 'shop': there is no Kubernetes namespace 'shop'"
    assert error.hint == "kubectl create namespace shop"


def test_a_field_that_another_manager_owns_names_the_manager() -> None:
    """And each field, with who owns it."""
    message = 'conflict with "kubectl-scale" using apps/v1 subresource scale at 2026-01-01T00:00:00Z'
    causes = [{"reason": "FieldManagerConflict", "field": ".spec.replicas", "message": message}]

    error = told(409, "Conflict", "Apply failed with 1 conflict", details={"causes": causes})

    assert isinstance(error, ConflictError)
    assert error.summary == "cannot change deployments/web in namespace 'shop': 'kubectl-scale' owns fields of it"
    assert error.evidence == (f".spec.replicas: {message}",)


def test_a_lost_race_is_a_conflict_whose_reason_can_be_asked() -> None:
    """So that the caller may look again."""
    error = told(409, "Conflict", "the object has been modified")

    refusal = refusal_of(error)

    assert isinstance(error, ConflictError)
    assert refusal is not None
    assert (refusal.status, refusal.reason, refusal.fields) == (409, "Conflict", ())


def test_a_field_that_is_wrong_is_named() -> None:
    """All that are wrong are the evidence."""
    causes = [
        {"reason": "FieldValueInvalid", "field": "spec.replicas", "message": "must be 0 or more"},
        {"reason": "FieldValueRequired", "field": "spec.template", "message": "Required value"},
    ]

    error = told(422, "Invalid", "Deployment is invalid", details={"causes": causes})

    assert isinstance(error, UsageError)
    assert error.summary.endswith("spec.replicas is refused")
    assert error.evidence == ("spec.replicas: must be 0 or more", "spec.template: Required value")


@pytest.mark.parametrize("body", [b"", b"<html>Bad Gateway</html>", b'{"message": 3}', b"\xff\xfe"])
def test_an_answer_that_is_no_status_is_told_as_it_is(body: bytes) -> None:
    """As a gateway in between answers."""
    with pytest.raises(BackendError, match="the API server failed with status 502"), translate("list pods"):
        raise RefusedError(502, body)


def test_an_error_of_the_caller_is_left_alone() -> None:
    """Only the libraries' errors become cloudkit's."""
    with pytest.raises(KeyError), translate("list pods"):
        raise KeyError("x")


def test_nobody_listening_is_told_at_once(tmp_path: Path) -> None:
    """With the address, the context and the command that looks."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    client = client_of(kubeconfig(tmp_path, url))

    with pytest.raises(BackendError) as caught:
        client.raw("/version")

    assert str(caught.value) == (
        f"cannot read /version: nothing listens at the API server's address at {url} (context here)\n"
        "  | Connection refused\n"
        "  try: kubectl --context here cluster-info"
    )


def test_a_name_that_is_not_known_is_told(tmp_path: Path) -> None:
    """As with a mistyped server."""
    client = client_of(kubeconfig(tmp_path, "https://no-such-host.invalid:6443"))

    with pytest.raises(BackendError, match="the API server's name is not known at https"):
        client.raw("/version")


@pytest.mark.parametrize("proxy", ["refuses", "absent"])
def test_a_proxy_that_does_not_lead_there_is_told(api: Api, tmp_path: Path, proxy: str) -> None:
    """One that refuses, and one that is not there; its password is in no text."""
    api.on("CONNECT cluster.invalid:6443", failure(403, "Forbidden"))
    address = api.url.removeprefix("http://") if proxy == "refuses" else "127.0.0.1:1"
    place = {"proxy-url": f"http://bob:hunter2@{address}"}
    client = client_of(kubeconfig(tmp_path, "https://cluster.invalid:6443", cluster=place))

    with pytest.raises(BackendError, match="the proxy does not lead to the API server") as caught:
        client.raw("/version")

    assert caught.value.hint == "look at HTTPS_PROXY, NO_PROXY, the kubeconfig's proxy-url"
    assert "hunter2" not in str(caught.value)


def test_a_server_whose_name_has_the_word_is_no_proxy(tmp_path: Path) -> None:
    """The words of an error alone tell nothing."""
    client = client_of(kubeconfig(tmp_path, "https://proxy.invalid:6443"))

    with pytest.raises(BackendError, match="the API server's name is not known"):
        client.raw("/version")


def test_a_server_that_speaks_no_tls_is_told(api: Api, tmp_path: Path) -> None:
    """Https where the server has http."""
    client = client_of(kubeconfig(tmp_path, api.url.replace("http:", "https:")))

    with pytest.raises(BackendError, match="no TLS connection comes about"):
        client.raw("/version")


def test_an_error_never_shows_the_token(api: Api, client: Client) -> None:
    """Nor does the client's own text."""
    api.on("GET /version", failure(401, "Unauthorized", "Unauthorized"))

    with pytest.raises(AccessError) as caught:
        client.raw("/version")

    assert "s3cret" not in f"{caught.value} {caught.value!r} {client!r} {caught.value.__cause__!r}"
