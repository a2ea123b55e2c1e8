"""Why the cluster took a pod away, or its node with it: evictions, nodes that are full or do not answer: pure."""

from __future__ import annotations

import re

from cloudkit.backends.causes.ended import CRASHES
from cloudkit.backends.causes.words import cause, deploy
from cloudkit.backends.kubernetes.causes.facts import Facts, NodeFacts, PodFacts
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode

__all__ = ["lost_cause", "taken_cause"]

_LOW = re.compile(r"The node was low on resource: (?P<what>[\w-]+)")
_DISK = frozenset({"ephemeral-storage", "inodes"})
_MEMORY_VOLUME = re.compile(r'Usage of EmptyDir volume "(?P<name>[^"]+)" exceeds the limit "(?P<limit>[^"]+)"')
_OWN_LIMIT = re.compile(r"exceeds the (?:total )?limit|exceeds its local")
_NOT_ADMITTED = re.compile(
    r"^(?:OutOf\w+|UnexpectedAdmissionError|NodeAffinity|NodePorts|Preempting|Terminated|NodeShutdown)$"
)


def lost_cause(pod: PodFacts, node: NodeFacts) -> Cause:
    """Return the cause for a pod whose node is not ready."""
    what = f"is on node {node.name}, which is not ready"
    fix = f"kubectl describe node {node.name}"
    return cause(CauseCode.NODE_LOST, pod, what, fix=fix, seen=node.trouble, certain=False)


def taken_cause(spec: AppSpec, pod: PodFacts, facts: Facts) -> Cause:
    """Return why the cluster itself ended a pod; another takes its place, so that only a repeated end is certain."""
    again = sum(one.ended == pod.ended for one in facts.pods) >= CRASHES
    if pod.ended == "Evicted":
        return _evicted(spec, pod, certain=again)
    if pod.ended == "NodeLost":
        what = f"was lost with {pod.host}"
        return cause(CauseCode.NODE_LOST, pod, what, fix=f"kubectl describe node {pod.node}", certain=False)
    if _NOT_ADMITTED.search(pod.ended):
        what = f"was not taken by {pod.host}: {pod.ended}"
        return cause(CauseCode.UNSCHEDULABLE, pod, what, fix=f"kubectl describe node {pod.node}", certain=False)
    what = f"was ended by the cluster: {pod.ended}"
    return cause(CauseCode.UNKNOWN, pod, what, fix=pod.described, certain=False)


def _evicted(spec: AppSpec, pod: PodFacts, *, certain: bool) -> Cause:
    volume, low = _MEMORY_VOLUME.search(pod.error), _LOW.search(pod.error)
    if volume is not None:
        what = f"was evicted from {pod.host}: it wrote more than the {volume['limit']} of volume {volume['name']!r}"
        fix = deploy(spec, "--volumes VOLUME:/PATH  # a volume with more space")
        return cause(CauseCode.EVICTED, pod, what, fix=fix, certain=certain)
    if low is not None and low["what"] in _DISK:
        what = f"was evicted from {pod.host}, whose disk is full"
        return cause(CauseCode.DISK_FULL, pod, what, fix=pod.space, certain=False)
    if low is not None:
        what = f"was evicted from {pod.host}, which ran out of {low['what']}"
        return cause(CauseCode.EVICTED, pod, what, fix=deploy(spec, "--memory 256Mi"), certain=False)
    why = ": it used more disk than its limit" if _OWN_LIMIT.search(pod.error) else ""
    what = f"was evicted from {pod.host}{why}"
    return cause(CauseCode.EVICTED, pod, what, fix=f"kubectl describe node {pod.node}", certain=certain)
