"""An image that a node cannot have is told by what its registry said, or that there is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from clinic.registry import PORT, registry_pod
from clinic.ward import Ward, namespaced, until

from cloudkit.backends.kubernetes.causes.surroundings import node_facts
from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.objects import Node, Pod
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.model.cause import CauseCode

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]


@pytest.fixture(scope="module")
def node(connection: Client, image: str) -> Iterator[str]:
    """A node on whose loopback a registry answers as the repository says: ``status-503``, ``foreign``."""
    nodes = [node_facts(one, None) for one in connection.list(object_path("nodes"), Node).items]
    name = next(one.name for one in nodes if not one.trouble)
    with namespaced(connection) as client:
        client.create(object_path("pods", client.namespace), registry_pod(image, name))
        path = object_path("pods", client.namespace, "registry")
        until(lambda: any(one.ready for one in client.get(path, Pod).status.container_statuses), seconds=120)
        yield name


def on(node: str) -> dict[str, object]:
    """Return the fields of a pod that runs there."""
    return {"nodeSelector": {"kubernetes.io/hostname": node}}


def test_an_image_that_is_not_at_its_registry(ward: Ward) -> None:
    """The call builds it."""
    missing = f"{ward.image}-nope"

    cause = ward.diagnose(ward.app(image=missing))

    assert (cause.code, cause.certain) == (CauseCode.IMAGE_MISSING, True)
    assert f"{missing} is not at its registry" in cause.summary


@pytest.mark.parametrize(
    ("repository", "code", "certain"),
    [
        ("status-404", CauseCode.IMAGE_MISSING, True),
        ("status-401", CauseCode.REGISTRY_REFUSED, True),
        ("status-403", CauseCode.REGISTRY_REFUSED, True),
        ("status-429", CauseCode.REGISTRY_RATE_LIMITED, False),
        ("status-500", CauseCode.REGISTRY_UNREACHABLE, False),
        ("status-503", CauseCode.REGISTRY_UNREACHABLE, False),
        ("foreign", CauseCode.WRONG_ARCHITECTURE, True),
    ],
)
def test_what_a_registry_answers(ward: Ward, node: str, repository: str, code: CauseCode, *, certain: bool) -> None:
    """The registry or the image is named, and what cannot pass ends the wait."""
    spec = ward.app(image=f"localhost:{PORT}/{repository}:1")

    cause = ward.diagnose(spec, certain=certain, pod=on(node))

    assert (cause.code, cause.certain) == (code, certain)
    assert f"localhost:{PORT}" in cause.summary


def test_a_registry_that_does_not_answer(ward: Ward) -> None:
    """It may come back."""
    cause = ward.diagnose(ward.app(image="localhost:1/web:1"), certain=False)

    assert (cause.code, cause.certain) == (CauseCode.REGISTRY_UNREACHABLE, False)
    assert "registry localhost:1 does not answer" in cause.summary


def test_a_registry_that_has_no_name(ward: Ward) -> None:
    """Its name is not known to any name server."""
    cause = ward.diagnose(ward.app(image="registry.invalid/web:1"), certain=False)

    assert (cause.code, cause.certain) == (CauseCode.REGISTRY_UNREACHABLE, False)


def test_an_image_that_may_not_be_pulled(ward: Ward) -> None:
    """With the policy Never, the node alone has to have it."""
    spec = ward.app(image="localhost:1/never:1")

    cause = ward.diagnose(spec, container={"imagePullPolicy": "Never"})

    assert (cause.code, cause.certain) == (CauseCode.IMAGE_MISSING, True)


def test_a_reference_that_is_none(ward: Ward) -> None:
    """The cluster takes it, and no node does."""
    cause = ward.diagnose(ward.app(), container={"image": "UPPER/Case:1"})

    assert (cause.code, cause.certain) == (CauseCode.IMAGE_MISSING, True)
    assert "is no reference" in cause.summary
