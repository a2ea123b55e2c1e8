"""Why a pod's storage is not there: claims that are not bound, volumes that are not attached or mounted: pure."""

from __future__ import annotations

import re

from cloudkit.backends.causes.words import cause, deploy
from cloudkit.backends.kubernetes.causes.facts import ClaimFacts, Facts, PodFacts, Told
from cloudkit.backends.kubernetes.causes.starting import ABSENT, absent_cause
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode

__all__ = ["claim_cause", "concerns_claims", "mount_cause", "passing"]

_CLAIMS = re.compile(r"persistentvolumeclaim", re.IGNORECASE)
_CLASS = re.compile(r"storageclass\S* \"?(?P<name>[^\"\s]+)\"? not found", re.IGNORECASE)
_HELD = re.compile(r"Multi-Attach error|already (?:used|exclusively attached)", re.IGNORECASE)
_HOST = re.compile(r"hostPath type check failed: (?P<path>\S+) (?P<why>.+)")
_PASSING = re.compile(r"failed to sync (?:configmap|secret) cache|volume \"kube-api-access-")
_REPEATED = 2


def concerns_claims(message: str) -> bool:
    """True when the scheduler waits for claims.

    >>> concerns_claims("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.")
    True
    """
    return bool(_CLAIMS.search(message))


def claim_cause(pod: PodFacts, facts: Facts) -> Cause:
    """Return why a claim of a pod is not bound."""
    mine = [one for one in facts.claims if one.name in pod.claims]
    if not mine:
        what = "waits for a claim to be bound"
        return cause(CauseCode.VOLUME_UNBOUND, pod, what, fix=f"kubectl get pvc -n {facts.namespace}", certain=False)
    claim = min(mine, key=lambda one: bool(one.phase))
    if not claim.phase:
        what = f"asks for claim {claim.name!r}, which is not there"
        fix = f"kubectl get pvc -n {facts.namespace}"
        return cause(CauseCode.VOLUME_UNBOUND, pod, what, fix=fix)
    if claim.phase == "Lost":
        what = f"asks for claim {claim.name!r}, whose volume is gone"
        fix = f"kubectl describe pvc {claim.name} -n {facts.namespace}"
        return cause(CauseCode.VOLUME_UNBOUND, pod, what, fix=fix, seen=claim.message)
    return _pending(pod, claim, facts)


def _pending(pod: PodFacts, claim: ClaimFacts, facts: Facts) -> Cause:
    no_class = _CLASS.search(claim.message)
    if no_class is not None:
        what = f"waits for claim {claim.name!r}: there is no storage class {no_class['name']!r}"
        return cause(CauseCode.VOLUME_UNBOUND, pod, what, fix="kubectl get storageclass", seen=claim.message)
    kind = f"of class {claim.storage_class!r}" if claim.storage_class else "without a class"
    what = f"waits for claim {claim.name!r}: no volume of {claim.size or 'its size'} {kind} is free"
    fix = f"kubectl describe pvc {claim.name} -n {facts.namespace}"
    return cause(CauseCode.VOLUME_UNBOUND, pod, what, fix=fix, seen=claim.message, certain=False)


def passing(told: Told) -> bool:
    """True for what a busy node says of its own part, and mends by itself: it has not read a file yet."""
    return bool(_PASSING.search(told.message))


def mount_cause(spec: AppSpec, pod: PodFacts, told: Told) -> Cause:
    """Return why a volume of a pod is not attached or mounted."""
    absent = ABSENT.search(told.message)
    if absent is not None:
        return absent_cause(spec, pod, absent, seen=told.message)
    host = _HOST.search(told.message)
    if host is not None:
        what = f"cannot mount {host['path']} of {pod.host}: it {host['why'].strip()}"
        fix = f"make {host['path']} on {pod.host}, or use a volume"
        certain = told.count >= _REPEATED
        return cause(CauseCode.VOLUME_UNBOUND, pod, what, fix=fix, seen=told.message, certain=certain)
    if _HELD.search(told.message):
        what = "waits for a volume that another replica holds, and that one node alone can have"
        fix = deploy(spec, "--max-surge 0 --max-unavailable 1")
        return cause(CauseCode.VOLUME_UNBOUND, pod, what, fix=fix, seen=told.message, certain=False)
    what = "cannot attach a volume yet" if told.reason == "FailedAttachVolume" else "cannot mount a volume yet"
    fix = pod.described
    return cause(CauseCode.VOLUME_UNBOUND, pod, what, fix=fix, seen=told.message, certain=False)
