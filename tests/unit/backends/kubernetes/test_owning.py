"""Who may have changed a field of ours: a hand, whose change is undone, or a standing owner, who keeps it."""

from __future__ import annotations

import json

import pytest

from cloudkit.backends.kubernetes.objects import Metadata, Service, ServicePort, ServiceSpec
from cloudkit.backends.kubernetes.owning import by_hand
from cloudkit.backends.kubernetes.refusal import RefusedError
from cloudkit.backends.kubernetes.taken import holder


def conflict(*owners: str) -> RefusedError:
    """What the API server answers when each of these owns a field."""
    causes = [
        {"reason": "FieldManagerConflict", "field": f".spec.field{index}", "message": f"conflict with {owner}"}
        for index, owner in enumerate(owners)
    ]
    return RefusedError(409, json.dumps({"reason": "Conflict", "details": {"causes": causes}}).encode())


@pytest.mark.parametrize(
    "owner",
    [
        '"kubectl" with subresource "scale" using apps/v1',
        '"kubectl-edit" using apps/v1 at 2026-01-02T03:04:05Z',
        '"kubectl-set" using apps/v1',
        '"kubectl-rollout" using apps/v1',
    ],
)
def test_a_command_of_kubectl_is_a_hand(owner: str) -> None:
    """It acted once, and holds nothing."""
    assert by_hand(conflict(owner)) == (f".spec.field0 (changed by {owner.split(chr(34))[1]})",)


@pytest.mark.parametrize(
    "owner",
    [
        '"kubectl"',  # kubectl apply --server-side: an applier's conflict names no version
        '"kubectl-client-side-apply" using apps/v1',
        '"argocd-controller" using apps/v1',
        '"kube-controller-manager" with subresource "scale" using apps/v1',
        '"helm" using apps/v1',
    ],
)
def test_whoever_sets_it_again_and_again_is_none(owner: str) -> None:
    """An applier, a controller, an autoscaler."""
    assert by_hand(conflict(owner)) == ()


def test_one_standing_owner_is_enough_to_leave_everything() -> None:
    """As all fields are taken together, or none."""
    assert by_hand(conflict('"kubectl-edit" using apps/v1', '"argocd"')) == ()


def test_a_conflict_of_versions_has_no_owner() -> None:
    """Somebody was faster; that is another matter."""
    assert by_hand(RefusedError(409, b'{"reason": "Conflict", "message": "the object has been modified"}')) == ()


def test_a_taken_port_is_named_by_who_has_it() -> None:
    """An app by its name and namespace, anything else as the Service that it is."""
    ours = {"app.kubernetes.io/managed-by": "cloudkit", "app.kubernetes.io/name": "shop"}
    services = [
        Service(
            metadata=Metadata(name=name, namespace="prod", labels=labels),
            spec=ServiceSpec(type="NodePort", ports=(ServicePort(port=80, node_port=port),)),
        )
        for name, labels, port in (("shop-published", ours, 30001), ("legacy", {}, 30002))
    ]

    assert holder(services, 30001) == "app 'shop' of namespace 'prod'"
    assert holder(services, 30002) == "Service 'legacy' of namespace 'prod'"
    assert holder(services, 30003) == ""
