"""Storage that is not there: claims that are missing, lost or wait, volumes that are not mounted."""

from __future__ import annotations

import msgspec
import pytest
from unit.backends.kubernetes.causes.patients import app, cause_of, facts_of, happening, pod, waiting

from cloudkit.backends.kubernetes.causes.decide import diagnose
from cloudkit.backends.kubernetes.causes.facts import Facts
from cloudkit.backends.kubernetes.causes.surroundings import claim_facts
from cloudkit.backends.kubernetes.objects import Claim
from cloudkit.model.cause import CauseCode

UNBOUND = "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found"
GONE = '0/2 nodes are available: persistentvolumeclaim "data" not found.'
NO_CLASS = 'storageclass.storage.k8s.io "fast" not found'
NONE_FREE = "no persistent volumes available for this claim and no storage class is set"


def mounting(message: str) -> object:
    """Return a pod that waits for its claim."""
    placed = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}, {"name": "tmp", "emptyDir": {}}]
    return pod(node="", conditions=[placed], spec={"volumes": volumes})


def claim(phase: str, *, kind: str = "") -> Claim:
    """Return a claim of 1Gi."""
    spec = {"storageClassName": kind, "resources": {"requests": {"storage": "1Gi"}}}
    return msgspec.convert({"metadata": {"name": "data"}, "spec": spec, "status": {"phase": phase}}, Claim)


@pytest.mark.parametrize(
    ("there", "told", "words", "said", "certain"),
    [
        (None, "", GONE, "claim 'data', which is not there", True),
        (claim("Lost"), "", UNBOUND, "whose volume is gone", True),
        (claim("Pending", kind="fast"), NO_CLASS, UNBOUND, "there is no storage class 'fast'", True),
        (claim("Pending"), NONE_FREE, UNBOUND, "no volume of 1Gi without a class is free", False),
        (claim("Pending", kind="slow"), "", UNBOUND, "no volume of 1Gi of class 'slow' is free", False),
    ],
)
def test_why_a_claim_is_not_bound(there: Claim | None, told: str, words: str, said: str, *, certain: bool) -> None:
    """Certain where no volume can come of waiting."""
    known = claim_facts("data", there, [happening("ProvisioningFailed", told)] if told else [])
    assert known is not None

    cause = cause_of(mounting(words), claims=(known,))

    assert (cause.code, cause.certain) == (CauseCode.VOLUME_UNBOUND, certain)
    assert said in cause.summary
    assert told in {"", *cause.evidence}


def test_a_bound_claim_is_no_cause() -> None:
    """The scheduler's words may be older than the claim's."""
    assert claim_facts("data", claim("Bound"), []) is None

    cause = cause_of(mounting(UNBOUND))

    assert (cause.code, cause.certain) == (CauseCode.VOLUME_UNBOUND, False)


@pytest.mark.parametrize(
    "message",
    [
        'MountVolume.SetUp failed for volume "config" : failed to sync configmap cache: timed out waiting for it',
        'MountVolume.SetUp failed for volume "kube-api-access-x7" : configmap "kube-root-ca.crt" not registered',
    ],
)
def test_what_a_busy_node_has_not_read_yet_is_no_cause(message: str) -> None:
    """It comes by itself, and the volume is not the app's."""
    seen = facts_of(pod(waiting("ContainerCreating")), happening("FailedMount", message))

    assert diagnose(app(), Facts(namespace="shop", pods=(seen,))) is None


@pytest.mark.parametrize(
    ("reason", "message", "count", "code", "certain"),
    [
        (
            "FailedMount",
            'MountVolume.SetUp failed for volume "v0" : hostPath type check failed: /srv/x is not a directory',
            2,
            CauseCode.VOLUME_UNBOUND,
            True,
        ),
        (
            "FailedMount",
            'MountVolume.SetUp failed for volume "v0" : hostPath type check failed: /srv/x is not a directory',
            1,
            CauseCode.VOLUME_UNBOUND,
            False,
        ),
        (
            "FailedAttachVolume",
            'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) web-1',
            5,
            CauseCode.VOLUME_UNBOUND,
            False,
        ),
        ("FailedMount", 'MountVolume.SetUp failed for volume "v0" : timed out', 3, CauseCode.VOLUME_UNBOUND, False),
        (
            "FailedMount",
            'MountVolume.SetUp failed for volume "v0" : configmap "settings" not found',
            3,
            CauseCode.CONFIG_MISSING,
            False,
        ),
        (
            "FailedCreatePodSandBox",
            "Failed to create pod sandbox: plugin type bridge failed (add): no IP addresses available",
            3,
            CauseCode.NETWORK,
            False,
        ),
    ],
)
def test_what_keeps_a_pod_from_starting_on_its_node(
    reason: str, message: str, count: int, code: CauseCode, *, certain: bool
) -> None:
    """The node says it by events alone, and its words are the evidence."""
    cause = cause_of(pod(waiting("ContainerCreating")), happening(reason, message, count=count))

    assert (cause.code, cause.certain) == (code, certain)
    assert message in cause.evidence
