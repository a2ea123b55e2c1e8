"""What the cluster's BuildKit is made of, and what helps where it does not run."""

from __future__ import annotations

import pytest

from cloudkit.backends.kubernetes.buildkit.manifest import DEFAULT_IMAGE, builder_deployment, revision_of
from cloudkit.backends.kubernetes.buildkit.refused import not_standing, way_out
from cloudkit.backends.kubernetes.labels import COMPONENT, REVISION
from cloudkit.cloud import Cloud
from cloudkit.errors import AccessError, BackendError, NotFoundError, UnsupportedError
from cloudkit.model.cause import Cause, CauseCode


def cause_of(code: CauseCode, summary: str = "it does not", *evidence: str, fix: str = "") -> Cause:
    """Return a cause as it is found for an app."""
    return Cause(code=code, summary=summary, evidence=evidence, fix=fix)


def test_it_is_no_app_and_has_no_root_and_no_port() -> None:
    """Its labels are not those of an app; its user is not root; it gets neither a token nor a port."""
    made = builder_deployment("b:1", namespace="shop")
    pod = made["spec"]["template"]["spec"]

    assert made["metadata"]["labels"][COMPONENT] == "builder"
    assert pod["containers"][0]["securityContext"]["runAsNonRoot"]
    assert "privileged" not in pod["containers"][0]["securityContext"]
    assert "ports" not in pod["containers"][0]
    assert pod["automountServiceAccountToken"] is False


def test_pods_of_another_image_are_of_another_revision() -> None:
    """So that what is wrong with the pods before is not taken for what is wrong now."""
    first, second = (builder_deployment(image, namespace="shop")["spec"]["template"] for image in ("b:1", "b:2"))

    assert first["metadata"]["annotations"][REVISION] == str(revision_of("b:1"))
    assert first["metadata"]["annotations"] != second["metadata"]["annotations"]


def test_its_pull_secret_is_named_where_docker_knows_the_registry() -> None:
    """And else there is none."""
    known = builder_deployment("r.example/b:1", namespace="shop", registry="r.example")

    assert known["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "cloudkit-builder-pull"}]
    assert "imagePullSecrets" not in builder_deployment("b:1", namespace="shop")["spec"]["template"]["spec"]


@pytest.mark.parametrize(
    ("cause", "hint"),
    [
        (cause_of(CauseCode.IMAGE_MISSING), "put docker.io/moby/buildkit"),
        (
            cause_of(CauseCode.NOT_ALLOWED, "the namespace admits pods of level baseline only"),
            "kubectl label namespace",
        ),
        (cause_of(CauseCode.CRASH_LOOP, "it ends", "newuidmap: write to uid_map failed"), "have the nodes let users"),
        (cause_of(CauseCode.CRASH_LOOP, "it ends", "no space left"), "kubectl logs deployment/cloudkit-builder"),
        (cause_of(CauseCode.QUOTA, fix="kubectl edit resourcequota few -n shop"), "kubectl edit resourcequota few"),
        (cause_of(CauseCode.OUT_OF_MEMORY, fix="cloudkit deploy x --memory 1Gi"), "kubectl describe deployment"),
    ],
)
def test_what_helps_is_not_what_would_help_an_app(cause: Cause, hint: str) -> None:
    """No app is there to deploy anew."""
    assert way_out("shop", DEFAULT_IMAGE, cause).startswith(hint)


def test_the_error_is_of_the_kind_that_the_cause_is() -> None:
    """And without a cause it says that nothing tells."""
    assert isinstance(not_standing("shop", "b:1", cause_of(CauseCode.IMAGE_MISSING)), NotFoundError)
    assert isinstance(not_standing("shop", "b:1", cause_of(CauseCode.NOT_ALLOWED)), AccessError)
    assert isinstance(not_standing("shop", "b:1", None), BackendError)


def test_only_a_cluster_has_a_builder_to_remove() -> None:
    """Elsewhere an engine builds."""
    with pytest.raises(UnsupportedError, match="the backend memory has no builder of its own"):
        Cloud("memory").remove_builder()
