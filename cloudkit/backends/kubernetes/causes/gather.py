"""Ask the API server for what causes are decided from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from cloudkit.backends.kubernetes.causes.facts import ClaimFacts, Facts, NodeFacts, PodFacts
from cloudkit.backends.kubernetes.causes.inside import last_lines, listening_inside
from cloudkit.backends.kubernetes.causes.podfacts import container_of, is_ready, pod_facts, told_at
from cloudkit.backends.kubernetes.causes.probing import is_unreached
from cloudkit.backends.kubernetes.causes.starting import ABSENT
from cloudkit.backends.kubernetes.causes.storing import concerns_claims
from cloudkit.backends.kubernetes.causes.surroundings import claim_facts, node_facts, platform_of, used_by
from cloudkit.backends.kubernetes.finding import find_kind
from cloudkit.backends.kubernetes.happening import Happening
from cloudkit.backends.kubernetes.jobobjects import Job, is_made_by
from cloudkit.backends.kubernetes.labels import REVISION, Component, app_selector
from cloudkit.backends.kubernetes.objects import Claim, Condition, KeptRevision, Metadata, Node, Pod, Workload
from cloudkit.backends.kubernetes.owners import COLLECTIONS, HISTORIES, owner_kind
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.errors import CloudkitError
from cloudkit.model.app import AppSpec

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["gather", "gather_run"]

T = TypeVar("T")
K = TypeVar("K", Pod, KeptRevision)
EXAMINED = 3
"""Pods that are looked at in full: those of one revision fail for one reason."""
_ATTEMPTS = frozenset({"FailedCreate", "SuccessfulCreate"})
OVERDUE = "ProgressDeadlineExceeded"


class _Thing(Struct, frozen=True):
    """Any object, of which nothing but that it is there is asked."""

    metadata: Metadata


def gather(client: Client, spec: AppSpec, revision: int, *, component: Component = Component.REPLICA) -> Facts | None:
    """Return what is known of a revision of an app; None when there is no such app.

    Args:
        client: The API server, and the namespace that the app is in.
        spec: What is wanted.
        revision: The revision that is wanted, as the pods' annotation has it.
        component: What its pods are for.
    """
    owner = find_kind(client, spec.name, owner_kind(spec))
    if owner is None:
        return None
    return _Look(client, spec, str(revision), datetime.now(UTC), component).facts(owner)


def gather_run(client: Client, spec: AppSpec, job: Job, *, waiting: bool) -> Facts:
    """Return what is known of one run of work that ends.

    Args:
        client: The API server, and the namespace that the app is in.
        spec: What is wanted.
        job: The run.
        waiting: True looks at replicas that have not begun, False at those that have failed.
    """
    look = _Look(client, spec, job.spec.template.metadata.annotations.get(REVISION, ""), datetime.now(UTC))
    return look.run_facts(job, waiting=waiting)


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at an app: whom to ask, what is wanted, and the time by this machine's clock, what the pods are for."""

    client: Client
    spec: AppSpec
    revision: str
    now: datetime
    component: Component = Component.REPLICA

    def facts(self, owner: Workload) -> Facts:
        """Ask for the pods first, and for what is around them only where they give a reason to."""
        pods = [one for one in self._mine("pods", Pod) if one.metadata.deletion_timestamp is None]
        found, nodes = self._examined(one for one in pods if not is_ready(one))
        unheard = self._unheard(owner)
        return Facts(
            namespace=self.client.namespace,
            pods=found,
            ready=sum(is_ready(one) for one in pods),
            refused=self._refused(owner),
            unheard=unheard,
            paused=owner.spec.paused,
            overdue=unheard is None and _stuck(owner) == OVERDUE,
            admitted=owner.status.desired_number_scheduled if unheard is None and self._is_daemon else None,
            nodes=self._all_nodes(found) or tuple(node_facts(one, None) for one in nodes.values()),
            claims=self._claims(found),
        )

    def run_facts(self, job: Job, *, waiting: bool) -> Facts:
        """Ask for the pods of one run, and for what is around them."""
        phases = {"Pending"} if waiting else {"Failed"}
        mine = [one for one in self._mine("pods", Pod) if is_made_by(one.metadata, job.metadata.uid)]
        found, nodes = self._examined(one for one in mine if one.status.phase in phases)
        return Facts(
            namespace=self.client.namespace,
            pods=found,
            refused=self._last_refusal(job.metadata.uid) if waiting else "",
            nodes=self._all_nodes(found) or tuple(node_facts(one, None) for one in nodes.values()),
            claims=self._claims(found),
        )

    def _examined(self, pods: Iterable[Pod]) -> tuple[tuple[PodFacts, ...], dict[str, Node]]:
        """Look at the last few in full, and at a few that the cluster itself has ended, and at their nodes."""
        last = sorted(pods, key=_last_made)
        examined = (*[one for one in last if not one.status.reason][:EXAMINED], *_taken(last))
        nodes = self._nodes_of(examined)
        return tuple(self._pod(one, nodes) for one in examined), nodes

    @property
    def _is_daemon(self) -> bool:
        return self.spec.kind == "daemon"

    def _mine(self, resource: str, kind: type[K]) -> Iterable[K]:
        """Return the objects of the revision."""
        path = object_path(resource, self.client.namespace)
        listing = self.client.list(path, kind, labels=app_selector(self.spec.name, self.component))
        return [one for one in listing.items if _revision(one) == self.revision]

    def _pod(self, pod: Pod, nodes: dict[str, Node]) -> PodFacts:
        node = nodes.get(pod.spec.node_name)
        platform = platform_of(node) if node is not None else ""
        facts = pod_facts(pod, self._happenings(pod.metadata.uid), now=self.now, platform=platform)
        facts = replace(facts, absent=self._absent(facts))
        unheard = node is not None and node_facts(node, None).trouble  # its kubelet would not answer
        return facts if unheard else self._looked_into(pod, facts)

    def _looked_into(self, pod: Pod, facts: PodFacts) -> PodFacts:
        """Add what its container printed, and where it listens when its probe does not reach it."""
        if facts.status not in {"running", "restarting", "exited"} or facts.ended:
            return facts
        container = container_of(pod)
        told = facts.failed_probe("Readiness", "Startup")
        unreached = facts.status == "running" and told is not None and is_unreached(self.spec, told)
        path = object_path("pods", self.client.namespace, facts.name)
        log = _allowed(lambda: last_lines(self.client, path, container)) or ()
        listening = _allowed(lambda: listening_inside(self.client, path, container.name)) if unreached else None
        return replace(facts, log=log, listening=listening)

    def _happenings(self, uid: str) -> Sequence[Happening]:
        path = object_path("events", self.client.namespace)
        return _allowed(lambda: self.client.list(path, Happening, fields=f"involvedObject.uid={uid}").items) or ()

    def _absent(self, facts: PodFacts) -> frozenset[str]:
        """Return what a pod's node misses and that is not there now either, or was missed more than once."""
        told = facts.last("Failed", "FailedMount")
        match = ABSENT.search(facts.error) or (ABSENT.search(told.message) if told else None)
        if match is None:
            return frozenset()
        kind = (match["kind"] or match["kind_of_key"]).lower()
        name = match["name"] or match["name_of_key"]
        again = match["key"] is not None and told is not None and told.count > 1
        path = object_path(f"{kind}s", self.client.namespace, name)
        gone = again or _allowed(lambda: self.client.find(path, _Thing) is None)
        return frozenset({f"{kind}/{name}"} if gone else ())

    def _nodes_of(self, pods: Iterable[Pod]) -> dict[str, Node]:
        names = sorted({one.spec.node_name for one in pods} - {""})
        found = {name: _allowed(partial(self.client.find, object_path("nodes", name=name), Node)) for name in names}
        return {name: node for name, node in found.items() if node is not None}

    def _all_nodes(self, pods: Iterable[PodFacts]) -> tuple[NodeFacts, ...]:
        """Return all nodes with what is free on them, where a pod fits on none."""
        words = " ".join(one.unplaced for one in pods if not concerns_claims(one.unplaced))
        if not words:
            return ()
        nodes = _allowed(lambda: self.client.list(object_path("nodes"), Node).items) or ()
        everywhere = object_path("pods")
        used = None
        if "Insufficient" in words or "Too many pods" in words:
            used = _allowed(lambda: used_by(self.client.list(everywhere, Pod, fields="spec.nodeName!=").items))
        return tuple(node_facts(one, used) for one in nodes)

    def _claims(self, pods: Iterable[PodFacts]) -> tuple[ClaimFacts, ...]:
        names = {name for one in pods if concerns_claims(one.unplaced) for name in one.claims}
        found = [_allowed(partial(self._claim, name)) for name in sorted(names)]
        return tuple(one for one in found if one is not None)

    def _claim(self, name: str) -> ClaimFacts | None:
        claim = self.client.find(object_path("persistentvolumeclaims", self.client.namespace, name), Claim)
        happenings = self._happenings(claim.metadata.uid) if claim is not None else ()
        return claim_facts(name, claim, happenings)

    def _refused(self, owner: Workload) -> str:
        """Return why no more pods, or no ReplicaSet, are made of the revision.

        A StatefulSet and a DaemonSet say so by an event alone.
        """
        if HISTORIES[owner.kind] != "replicasets":
            return self._last_refusal(owner.metadata.uid)
        for one in self._mine("replicasets", KeptRevision):
            failure = _condition(one.status.conditions, "ReplicaFailure")
            return failure.message if failure is not None and failure.status == "True" else ""
        progress = _condition(owner.status.conditions, "Progressing")
        return progress.message if progress is not None and _stuck(owner) not in {"", OVERDUE} else ""

    def _last_refusal(self, uid: str) -> str:
        """Return why a controller could not make a pod when it last tried; a pod that was made since takes it back."""
        told = sorted(self._happenings(uid), key=lambda one: told_at(one) or self.now)
        last = next((one for one in reversed(told) if one.reason in _ATTEMPTS), None)
        return last.message if last is not None and last.reason == "FailedCreate" else ""

    def _unheard(self, owner: Workload) -> float | None:
        """Return for how long no controller has acted on the last change of what makes the pods."""
        if owner.status.observed_generation >= owner.metadata.generation:
            return None
        path = object_path(COLLECTIONS[owner.kind], self.client.namespace, self.spec.name)
        fields = self.client.raw(path)["metadata"].get("managedFields") or ()
        times = [str(one["time"]) for one in fields if one.get("time") and not one.get("subresource")]
        changed = max((datetime.fromisoformat(one) for one in times), default=self.now)
        return max(0.0, (self.now - changed).total_seconds())


def _allowed(ask: Callable[[], T]) -> T | None:
    """Return what may be asked; None when it may not be, or is gone by now."""
    with suppress(CloudkitError):
        return ask()
    return None


def _revision(one: Pod | KeptRevision) -> str:
    metadata = one.metadata if isinstance(one, Pod) else one.spec.template.metadata
    return metadata.annotations.get(REVISION, "")


def _stuck(owner: Workload) -> str:
    """Return why a rollout does not go on, in one word; empty while it does."""
    progress = _condition(owner.status.conditions, "Progressing")
    return progress.reason if progress is not None and progress.status == "False" else ""


def _last_made(pod: Pod) -> float:
    made = pod.metadata.creation_timestamp
    return -made.timestamp() if made else 0.0


def _taken(pods: Sequence[Pod]) -> Sequence[Pod]:
    return [one for one in pods if one.status.reason][:EXAMINED]


def _condition(conditions: Iterable[Condition], kind: str) -> Condition | None:
    return next((one for one in conditions if one.type == kind), None)
