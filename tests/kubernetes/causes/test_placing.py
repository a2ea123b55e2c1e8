"""A replica that is on no node is told by what the scheduler and the storage say."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from clinic.ward import Ward

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.model.cause import CauseCode
from cloudkit.model.resources import Resources

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]
NOTHING = ("sleep", "60")
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}


class Ghost:
    """A node that the cluster knows and that is not there: no other pod can land on it."""

    def __init__(self, client: Client) -> None:
        self.name = f"ghost-{secrets.token_hex(3)}"
        self._client = client

    def appear(self, **spec: Any) -> dict[str, Any]:
        """Make it known; return the fields of a pod that may go there alone."""
        labels = {"kubernetes.io/hostname": self.name}
        body = {"metadata": {"name": self.name, "labels": labels}, "spec": spec}
        self._client.create(object_path("nodes"), body)
        return {"nodeSelector": labels}

    def vanish(self) -> None:
        """Make it forgotten."""
        self._client.delete(object_path("nodes", name=self.name))


@pytest.fixture
def ghost(ward: Ward) -> Iterator[Ghost]:
    """A node that is not there."""
    made = Ghost(ward.client)
    yield made
    made.vanish()


@pytest.mark.parametrize(
    ("resources", "words"),
    [(Resources(cpu="500"), "asks for 500 cores"), (Resources(memory="4096Gi"), "asks for 4096Gi")],
    ids=["cpu", "memory"],
)
def test_more_than_any_node_has(ward: Ward, resources: Resources, words: str) -> None:
    """The resource, how many nodes, what it asks for and what the largest has free are told; the call asks for less."""
    cause = ward.diagnose(ward.app(*NOTHING, resources=resources))

    assert (cause.code, cause.certain) == (CauseCode.UNSCHEDULABLE, True)
    assert words in cause.summary
    assert " free of " in cause.summary
    assert cause.fix.startswith("cloudkit deploy web ")


def test_more_than_any_node_has_left(ward: Ward) -> None:
    """One of three fits beside the others no more, which may pass."""
    whole = ward.largest("memory")
    spec = ward.app(*NOTHING, replicas=4, resources=Resources(memory=f"{int(whole * 6 // 10) >> 20}Mi"))

    cause = ward.diagnose(spec, certain=False)

    assert (cause.code, cause.certain) == (CauseCode.UNSCHEDULABLE, False)
    assert "too little memory" in cause.summary


def test_labels_that_no_node_has(ward: Ward) -> None:
    """The call gives a node that label."""
    cause = ward.diagnose(ward.app(*NOTHING), certain=False, pod={"nodeSelector": {"disk": "floppy"}})

    assert (cause.code, cause.certain) == (CauseCode.UNSCHEDULABLE, False)
    assert "the labels that it asks for" in cause.summary
    assert cause.fix.endswith(" disk=floppy")


@pytest.mark.parametrize(
    ("spec", "code", "words", "fix"),
    [
        ({"unschedulable": True}, CauseCode.UNSCHEDULABLE, "is cordoned", "kubectl uncordon ghost-"),
        (
            {"taints": [{"key": "team", "value": "shop", "effect": "NoSchedule"}]},
            CauseCode.UNSCHEDULABLE,
            "is tainted team",
            "kubectl taint node ghost-",
        ),
    ],
    ids=["cordoned", "tainted"],
)
def test_a_node_that_takes_none(
    ward: Ward, ghost: Ghost, spec: dict[str, Any], code: CauseCode, words: str, fix: str
) -> None:
    """The node is named in the call that mends it."""
    cause = ward.diagnose(ward.app(*NOTHING), certain=False, pod=ghost.appear(**spec))

    assert (cause.code, cause.certain) == (code, False)
    assert words in cause.summary
    assert cause.fix.startswith(fix)


def test_a_node_that_is_not_ready(ward: Ward, ghost: Ghost) -> None:
    """A replica that is on it already waits for it."""
    ghost.appear(unschedulable=True)

    cause = ward.diagnose(ward.app(*NOTHING), certain=False, pod={"nodeName": ghost.name})

    assert (cause.code, cause.certain) == (CauseCode.NODE_LOST, False)
    assert ghost.name in cause.summary


def test_no_scheduler(ward: Ward) -> None:
    """It was accepted and is not acted on."""
    cause = ward.diagnose(ward.app(*NOTHING), certain=False, pod={"schedulerName": "nobody"})

    assert (cause.code, cause.certain) == (CauseCode.UNSCHEDULABLE, False)
    assert "no scheduler has looked at it" in cause.summary


def mounting(claim: str) -> dict[str, Any]:
    """Return the fields of a Deployment that mounts a claim."""
    return {
        "pod": {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]},
        "container": {"volumeMounts": [{"name": "data", "mountPath": "/data"}]},
    }


def test_a_claim_that_is_not_there(ward: Ward) -> None:
    """The claim is named."""
    cause = ward.diagnose(ward.app(*NOTHING), **mounting("nope"))

    assert (cause.code, cause.certain) == (CauseCode.VOLUME_UNBOUND, True)
    assert "claim 'nope', which is not there" in cause.summary


def test_a_storage_class_that_is_not_there(ward: Ward) -> None:
    """The claim and the class are named."""
    ward.make("persistentvolumeclaims", {"metadata": {"name": "data"}, "spec": {**CLAIM, "storageClassName": "nope"}})

    cause = ward.diagnose(ward.app(*NOTHING), **mounting("data"))

    assert (cause.code, cause.certain) == (CauseCode.VOLUME_UNBOUND, True)
    assert "no storage class 'nope'" in cause.summary


def test_a_claim_for_which_no_volume_is_free(ward: Ward) -> None:
    """One may come, so that it is not certain."""
    large = {**CLAIM, "storageClassName": "", "resources": {"requests": {"storage": "900Ti"}}}
    ward.make("persistentvolumeclaims", {"metadata": {"name": "data"}, "spec": large})

    cause = ward.diagnose(ward.app(*NOTHING), certain=False, **mounting("data"))

    assert (cause.code, cause.certain) == (CauseCode.VOLUME_UNBOUND, False)
    assert "900Ti" in cause.summary


def test_a_volume_that_is_written_too_full(ward: Ward) -> None:
    """The node evicts it; the volume and its limit are named."""
    pod = {"volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "1Mi"}}]}
    container = {"volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}]}
    script = "head -c 20M /dev/zero > /scratch/x; sleep 600"

    spec = ward.app("sh", "-c", script, port=3000)

    cause = ward.diagnose(spec, certain=False, code=CauseCode.EVICTED, within=90, pod=pod, container=container)

    assert cause.code is CauseCode.EVICTED
    assert "1Mi of volume 'scratch'" in cause.summary
