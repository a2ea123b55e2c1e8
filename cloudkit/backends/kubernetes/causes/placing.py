"""Why a pod is on no node, read from the scheduler's words: pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from cloudkit.backends.causes.words import cause, deploy
from cloudkit.backends.kubernetes.causes.facts import Facts, PodFacts
from cloudkit.backends.kubernetes.causes.quantities import fitting, shown
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode

__all__ = ["Hurdle", "hurdles", "unplaced_cause"]

_COUNTED = re.compile(r"(\d+) (.+)")
_END = re.compile(r"\.\s+(?:no new claims|preemption|not found)", re.IGNORECASE)
_SHORT = re.compile(r"Insufficient (\S+)")
_TAINT = re.compile(r"untolerated taint(?:\(s\))? ?\{?([^:}]*)(?:: ?([^}]*))?\}?")
_LOST = frozenset({"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"})
_TAINTS = {
    "node.kubernetes.io/not-ready": ("is not ready", "are not ready"),
    "node.kubernetes.io/unreachable": ("does not answer", "do not answer"),
    "node.kubernetes.io/disk-pressure": ("has a full disk", "have a full disk"),
    "node.kubernetes.io/memory-pressure": ("runs out of memory", "run out of memory"),
    "node.kubernetes.io/pid-pressure": ("runs out of processes", "run out of processes"),
    "node.kubernetes.io/unschedulable": ("is cordoned", "are cordoned"),
    "node.kubernetes.io/network-unavailable": ("has no network", "have no network"),
    "node-role.kubernetes.io/control-plane": ("is for the control plane", "are for the control plane"),
}
_WORDS = (
    (re.compile(r"node affinity/selector"), ("lacks the labels that it asks for", "lack the labels that it asks for")),
    (re.compile(r"anti-affinity"), ("runs a pod that it keeps away from", "run a pod that it keeps away from")),
    (re.compile(r"pod affinity"), ("runs no pod that it wants to be near", "run no pod that it wants to be near")),
    (re.compile(r"topology spread"), ("would have too many of its pods", "would have too many of its pods")),
    (re.compile(r"were unschedulable"), ("is cordoned", "are cordoned")),
    (re.compile(r"Too many pods"), ("holds as many pods as it may", "hold as many pods as they may")),
    (re.compile(r"free ports"), ("has its host port taken", "have its host port taken")),
)


@dataclass(frozen=True, slots=True)
class Hurdle:
    """What keeps a pod from some nodes.

    Args:
        nodes: How many.
        words: In the scheduler's words.
    """

    nodes: int
    words: str

    @property
    def resource(self) -> str:
        """The resource that they have too little of; empty where it is none."""
        match = _SHORT.search(self.words)
        return match[1] if match else ""

    @property
    def taint(self) -> tuple[str, str] | None:
        """The key and value of the taint that is in the way."""
        match = _TAINT.search(self.words)
        return (match[1].strip(), (match[2] or "").strip()) if match else None


def hurdles(message: str) -> tuple[int, tuple[Hurdle, ...]]:
    """Return how many nodes there are, and what keeps a pod from them.

    >>> hurdles("0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. preemption: 0/3 nodes")
    (3, (Hurdle(nodes=1, words='Insufficient cpu'), Hurdle(nodes=2, words='node(s) were unschedulable')))
    """
    head, _, rest = message.partition(" nodes are available: ")
    total = int(head.rpartition("/")[2]) if rest and head.rpartition("/")[2].isdigit() else 0
    parts = re.split(r", (?=\d+ )", _END.split(rest)[0].strip().rstrip("."))
    found = (_COUNTED.fullmatch(part.strip()) for part in parts)
    return total, tuple(Hurdle(int(match[1]), match[2]) for match in found if match)


def unplaced_cause(spec: AppSpec, pod: PodFacts, facts: Facts) -> Cause:
    """Return why a pod is on no node, in words, with what the largest node has free."""
    total, told = hurdles(pod.unplaced)
    found = tuple(one for hurdle in told for one in _in_full(hurdle, facts))
    if not found:
        what = "waits for a node: the cluster has none" if "no nodes available" in pod.unplaced else "waits for a node"
        return _cause(CauseCode.UNSCHEDULABLE, pod, what, fix="kubectl get nodes")
    words = ", ".join(_in_words(one, total) for one in found)
    short = next((one.resource for one in found if one.resource), "")
    if short:
        return _too_little(spec, pod, facts, f"fits on no node: {words}", short)
    return _cause(_code(found), pod, f"fits on no node: {words}", fix=_fix(found, pod, facts))


def _in_full(hurdle: Hurdle, facts: Facts) -> Iterator[Hurdle]:
    """Yield a hurdle; where the scheduler says of a taint no more than that there is one, by what the nodes have."""
    tainted = [next(iter(one.taints.items())) for one in facts.nodes if one.taints and not one.cordoned]
    if hurdle.taint is None or hurdle.taint[0] or not tainted:
        yield hurdle
        return
    for (key, value), count in Counter(tainted[: hurdle.nodes]).items():
        yield Hurdle(count, f"node(s) had untolerated taint {{{key}: {value}}}")


def _too_little(spec: AppSpec, pod: PodFacts, facts: Facts, words: str, resource: str) -> Cause:
    asked = pod.requests.get(resource, Decimal())
    nodes = sorted(facts.nodes, key=lambda one: (one.cordoned or bool(one.taints or one.trouble), -one.free(resource)))
    if not nodes:
        return _cause(CauseCode.UNSCHEDULABLE, pod, words, fix=pod.described)
    best = nodes[0]
    whole, free = best.allocatable.get(resource, Decimal()), best.free(resource)
    had = (
        f"{shown(resource, free)} free of {shown(resource, whole)}" if best.used is not None else shown(resource, whole)
    )
    words = f"{words}; it asks for {shown(resource, asked)} and the largest node has {had}"
    never = all(node.allocatable.get(resource, Decimal()) < asked for node in nodes)
    option, value = resource.partition("/")[0], fitting(resource, free)
    if resource in {"cpu", "memory"} and value:
        fix = deploy(spec, f"--{option} {value}")
    else:
        fix = "kubectl get nodes" if never else f"cloudkit scale {spec.name} {max(facts.ready, 1)}"
    seen = ", ".join(f"{one.name} {shown(resource, one.free(resource))}" for one in nodes[:4])
    return _cause(CauseCode.UNSCHEDULABLE, pod, words, fix=fix, seen=f"free: {seen}", certain=never)


def _cause(code: CauseCode, pod: PodFacts, what: str, *, fix: str, seen: str = "", certain: bool = False) -> Cause:
    return cause(code, pod, what, fix=fix, seen=seen, certain=certain)


def _in_words(hurdle: Hurdle, total: int) -> str:
    one = hurdle.nodes == 1
    who = f"{hurdle.nodes} of {total} node{'' if total == 1 else 's'}"
    if hurdle.resource:
        return f"{who} {'has' if one else 'have'} too little {hurdle.resource}"
    if hurdle.taint is not None:
        key, value = hurdle.taint
        known = _TAINTS.get(key)
        taint = f" {key}={value}" if value else f" {key}".rstrip()
        return f"{who} {known[not one]}" if known else f"{who} {'is' if one else 'are'} tainted{taint}"
    return f"{who} {_said(hurdle.words, one=one)}"


def _said(words: str, *, one: bool) -> str:
    known = next((phrase for pattern, phrase in _WORDS if pattern.search(words)), None)
    if known is not None:
        return known[not one]
    return f"{'does' if one else 'do'} not take it ({words.removeprefix('node(s) ')})"


def _code(found: tuple[Hurdle, ...]) -> CauseCode:
    """Return what stands in the way on all nodes: that none is there, that disks are full, or else that none fits."""
    keys = {one.taint[0] if one.taint else one.words for one in found}
    if keys <= _LOST:
        return CauseCode.NODE_LOST
    if keys == {"node.kubernetes.io/disk-pressure"}:
        return CauseCode.DISK_FULL
    return CauseCode.VOLUME_UNBOUND if all("volume" in one for one in keys) else CauseCode.UNSCHEDULABLE


def _fix(found: tuple[Hurdle, ...], pod: PodFacts, facts: Facts) -> str:
    return next(_fixes(found, pod, facts), "kubectl get nodes")


def _fixes(found: tuple[Hurdle, ...], pod: PodFacts, facts: Facts) -> Iterator[str]:
    """Yield what would mend a hurdle, the one that is mended most safely first."""
    yield from (f"kubectl uncordon {one.name}" for one in facts.nodes if one.cordoned)
    keys = [one.taint[0] for one in found if one.taint and one.taint[0] not in _TAINTS]
    yield from (f"kubectl taint node {one.name} {key}-" for key in keys for one in facts.nodes if key in one.taints)
    if pod.selector and any("affinity/selector" in one.words for one in found):
        name = facts.nodes[0].name if facts.nodes else "NODE"
        yield f"kubectl label node {name} " + " ".join(f"{key}={value}" for key, value in pod.selector.items())
