"""What would be done to make a spec true: pure, from what is there and what is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cloudkit.backends.kubernetes.jobobjects import Job
from cloudkit.backends.kubernetes.manifests import key_of, manifests, surplus_keys
from cloudkit.backends.kubernetes.manifests.pulling import pull_name
from cloudkit.backends.kubernetes.objects import Pod, Service
from cloudkit.backends.kubernetes.ordered import claim_actions, ordered_actions, refuse_other_volumes
from cloudkit.backends.kubernetes.owners import owner_word
from cloudkit.backends.kubernetes.records import Record
from cloudkit.backends.kubernetes.runs import run_actions
from cloudkit.backends.kubernetes.state import live_pods, pod_revision, replica_phase
from cloudkit.backends.kubernetes.strangers import is_of, stranger
from cloudkit.backends.kubernetes.ways import wanted_ways
from cloudkit.model.app import AppSpec
from cloudkit.model.kinds import ENDING
from cloudkit.model.plan import Action, ActionKind
from cloudkit.model.state import ReplicaPhase

__all__ = ["DELETION_COST", "Situation", "delete_actions", "plan_actions", "retired", "wanted_revision"]

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
"""Annotation of a pod: of two alike, the cluster ends that of the lower cost first. `retired` names who gets -1."""

_WORDS = {
    "configmaps": "config",
    "horizontalpodautoscalers": "autoscaler",
    "ingresses": "route",
    "networkpolicies": "policy",
    "persistentvolumeclaims": "volume",
    "poddisruptionbudgets": "budget",
    "secrets": "secret",
    "services": "service",
}

_ASKED: Mapping[str, Callable[[AppSpec], str]] = {
    "horizontalpodautoscalers": lambda spec: str(spec.autoscale),
    "ingresses": lambda spec: ", ".join(spec.hosts),
}
"""What a spec says of an object that the plan tells in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a plan starts from.

    Args:
        namespace: The Kubernetes namespace.
        record: What is wanted until now; None when the app is not there.
        newest_revision: The highest revision that there was, as `records.newest_revision` tells it.
        kept: The revisions that may come back, as `records.kept_revisions` tells them.
        pods: The app's pods.
        jobs: The app's Jobs.
        services: The Services that are there under the app's names, whoever made them.
        present: The app's other objects that are there, and the claims of its volumes, by collection and name.
        pull: The registry that what is wanted has a pull secret for; empty for none.
    """

    namespace: str
    record: Record | None
    newest_revision: int = 0
    kept: frozenset[int] = frozenset()
    pods: tuple[Pod, ...] = ()
    jobs: tuple[Job, ...] = ()
    services: tuple[Service, ...] = ()
    present: frozenset[tuple[str, str]] = frozenset()
    pull: str = ""

    @property
    def keys(self) -> frozenset[tuple[str, str]]:
        """All that is there, what makes its pods apart, by collection and name."""
        return self.present | {("services", one.metadata.name) for one in self.services}


def wanted_revision(situation: Situation, wanted: AppSpec) -> int:
    """Return the revision that the replicas will have: the present one unless what runs or its pull secret changes."""
    record = situation.record
    if record is not None and record.spec.template == wanted.template and record.pull == situation.pull:
        return record.revision
    return situation.newest_revision + 1


def plan_actions(situation: Situation, wanted: AppSpec) -> tuple[Action, ...]:
    """Return the steps from what is there to what is wanted; none when nothing is to be done.

    Raises:
        ConflictError: A Service of the same name is somebody else's.
        UnsupportedError: Kubernetes cannot do something of the spec.
    """
    if wanted.kind == "stateful":
        refuse_other_volumes(situation.record, wanted)
    revision = wanted_revision(situation, wanted)
    ways = wanted_ways(situation.record, wanted, situation.services)
    objects = manifests(wanted, namespace=situation.namespace, revision=revision, generation=1, ways=ways)
    _check_services(situation, wanted, objects)
    return (
        *_record(situation, wanted, revision),
        *_pull(situation, wanted, revision),
        *_objects(situation, wanted, objects),
        *_growing(situation, wanted),
        *(claim_actions(wanted, situation.present) if wanted.kind == "stateful" else ()),
        *_replicas(situation, wanted, revision),
        *_surplus(situation, wanted, revision),
    )


def delete_actions(situation: Situation, app: str) -> tuple[Action, ...]:
    """Return the steps that remove an app; none when nothing of it is there. Volumes stay."""
    living = (one.metadata.name for one in _sorted(situation.pods) if one.metadata.deletion_timestamp is None)
    removed = sorted(key for key in situation.keys if key[0] != "persistentvolumeclaims")
    return (
        *(_removal(_WORDS["services"], name) for resource, name in removed if resource == "services"),
        *((_removal(owner_word(situation.record.spec), app),) if situation.record else ()),
        *(Action(kind=ActionKind.DRAIN, object="replica", name=name) for name in living),
        *(_removal(_WORDS[resource], name) for resource, name in removed if resource != "services"),
    )


def retired(record: Record, pods: Iterable[Pod], wanted: AppSpec) -> tuple[Pod, ...]:
    """Return the pods that go when an app is scaled down, in the order of the cluster's own choice.

    Those that are not scheduled, not started or not ready go first whatever one says, so they do here; among those
    that are alike the newest goes first, once it carries `DELETION_COST`.

    Args:
        record: What is wanted until now.
        pods: The app's pods.
        wanted: What is wanted from now on.
    """
    living = [one for one in live_pods(record, pods) if one.metadata.deletion_timestamp is None]
    current = [one for one in living if pod_revision(one) == record.revision and not _ended(one)]
    count = 0 if wanted.stopped else wanted.replicas
    surplus = max(0, len(current) - count)
    return tuple(sorted(_sorted(current), key=_standing)[:surplus])


def _record(situation: Situation, wanted: AppSpec, revision: int) -> Iterator[Action]:
    record, count = situation.record, 0 if wanted.stopped else wanted.replicas
    word = owner_word(wanted)
    if record is None or record.spec != wanted or record.revision != revision:
        generation = (record.generation if record else 0) + 1
        yield Action(kind=ActionKind.RECORD, object="revision", name=str(revision), detail=f"generation {generation}")
        kind = ActionKind.UPDATE if record else ActionKind.CREATE
        yield Action(kind=kind, object=word, name=wanted.name, detail=_scaled(record, wanted))
    elif record.replicas != count:
        detail = _scaled(record, wanted)
        yield Action(kind=ActionKind.UPDATE, object=word, name=wanted.name, detail=detail)


def _pull(situation: Situation, wanted: AppSpec, revision: int) -> Iterator[Action]:
    """Yield the pull secret that a new revision needs; one that is there is renewed, which is nobody's change."""
    name, record = pull_name(wanted.name), situation.record
    if record is not None and record.revision == revision:
        return
    if situation.pull and ("secrets", name) not in situation.present:
        yield Action(kind=ActionKind.CREATE, object="secret", name=name, detail=f"to pull from {situation.pull}")


def _scaled(record: Record | None, wanted: AppSpec) -> str:
    count = 0 if wanted.stopped else wanted.replicas
    if wanted.kind == "daemon":
        return "on each node" if record is None and count else ""
    if wanted.kind in ENDING:
        due = wanted.schedule.cron if wanted.schedule else "never due: its job is made from it"
        return due if record is None else ""
    if record is None or record.replicas == count:
        return f"{count} replica{'s' * (count != 1)}" if record is None else ""
    return f"{record.replicas} -> {count} replicas"


def _objects(situation: Situation, wanted: AppSpec, objects: Iterable[Mapping[str, Any]]) -> Iterator[Action]:
    """Yield what is made or changed around the record."""
    services = {one.metadata.name: one for one in situation.services}
    same = situation.record is not None and situation.record.spec == wanted
    for manifest in objects:
        resource, name = key_of(manifest)
        if resource not in _WORDS:
            continue
        if (resource, name) not in situation.keys:
            yield Action(
                kind=ActionKind.CREATE, object=_WORDS[resource], name=name, detail=_detail(resource, name, wanted)
            )
        elif resource == "services" and not _serves(services[name], manifest, exactly=not same or name != wanted.name):
            detail = _published(wanted) if name != wanted.name else _ports(manifest)
            yield Action(kind=ActionKind.UPDATE, object=_WORDS[resource], name=name, detail=detail)
        elif situation.record and _detail(resource, name, situation.record.spec) != _detail(resource, name, wanted):
            detail = _detail(resource, name, wanted)
            yield Action(kind=ActionKind.UPDATE, object=_WORDS[resource], name=name, detail=detail)


def _detail(resource: str, name: str, wanted: AppSpec) -> str:
    if resource == "services":
        return _published(wanted) if name != wanted.name else ""
    return _ASKED[resource](wanted) if resource in _ASKED else ""


def _growing(situation: Situation, wanted: AppSpec) -> Iterator[Action]:
    """Yield the volumes that are there and are given another size."""
    before = {one.target: one for one in situation.record.spec.mounts} if situation.record else {}
    for one in wanted.mounts if wanted.kind != "stateful" else ():
        old = before.get(one.target)
        there = ("persistentvolumeclaims", one.source) in situation.keys
        if there and old is not None and old.source == one.source and one.size and one.size != old.size:
            detail = f"{old.size or 'its size'} -> {one.size}"
            yield Action(kind=ActionKind.UPDATE, object="volume", name=one.source, detail=detail)


def _serves(service: Service, manifest: Mapping[str, Any], *, exactly: bool) -> bool:
    """True when a Service has the type and the ports that are wanted; a node port only where one is asked for.

    A port that a roll has left there beside them is no difference, unless it is to be exactly so.
    """
    spec = manifest["spec"]
    there = {(one.name, one.port): one.node_port for one in service.spec.ports}
    asked = {(one["name"], one["port"]): one.get("nodePort") for one in spec["ports"]}
    same = all(node_port in {None, there.get(key)} for key, node_port in asked.items())
    ports = there.keys() == asked.keys() if exactly else there.keys() >= asked.keys()
    return service.spec.type == spec["type"] and ports and same


def _ports(manifest: Mapping[str, Any]) -> str:
    return ", ".join(str(one["port"]) for one in manifest["spec"]["ports"])


def _published(spec: AppSpec) -> str:
    return ", ".join(f"{port.host}:{port.publish} -> {port.number}" for port in spec.ports if port.publish is not None)


def _replicas(situation: Situation, wanted: AppSpec, revision: int) -> Iterator[Action]:
    """Yield which replicas go and how many come, with every new one taken for ready."""
    if wanted.kind == "stateful":
        yield from ordered_actions(wanted, revision, situation.pods)
        return
    if wanted.kind in ENDING:
        yield from run_actions(wanted, revision, situation.jobs, situation.pods) if wanted.kind == "job" else ()
        return
    record, count = situation.record, 0 if wanted.stopped else wanted.replicas
    if wanted.kind == "daemon" and count:
        count = record.nodes or 1 if record else 1
    living = [one for one in situation.pods if one.metadata.deletion_timestamp is None and not _ended(one)]
    staying = [one for one in living if pod_revision(one) == revision]
    for _ in range(max(0, count - len(staying))):
        yield Action(kind=ActionKind.START, object="replica", detail=f"revision {revision}")
    leaving = [one for one in _sorted(living) if pod_revision(one) != revision]
    if record is not None and record.revision == revision and (wanted.stopped or wanted.kind != "daemon"):
        leaving += retired(record, situation.pods, wanted)
    for pod in leaving:
        yield Action(kind=ActionKind.DRAIN, object="replica", name=pod.metadata.name)


def _surplus(situation: Situation, wanted: AppSpec, revision: int) -> Iterator[Action]:
    """Yield what the spec no longer asks for; what the revision that goes reads stays, as it may come back."""
    present = [key for key in situation.keys if key[0] in _WORDS]
    for resource, name in surplus_keys(wanted, revision=revision, present=present, kept=situation.kept):
        yield _removal(_WORDS[resource], name)


def _check_services(situation: Situation, wanted: AppSpec, objects: Iterable[Mapping[str, Any]]) -> None:
    names = {key_of(one)[1] for one in objects if one["kind"] == "Service"}
    for one in situation.services:
        if one.metadata.name in names and not is_of(one.metadata.labels, wanted.name):
            raise stranger(wanted.name, "Service", one.metadata.name, namespace=situation.namespace)


def _removal(word: str, name: str) -> Action:
    return Action(kind=ActionKind.REMOVE, object=word, name=name)


def _sorted(pods: Iterable[Pod]) -> list[Pod]:
    return sorted(pods, key=lambda one: one.metadata.name)


def _standing(pod: Pod) -> tuple[int, float]:
    """Return what the cluster compares first when it ends pods, then their age, the newest first."""
    created = pod.metadata.creation_timestamp
    age = -created.timestamp() if created else 0.0
    if not pod.spec.node_name:
        return 0, age
    if pod.status.phase != "Running":
        return 1, age
    return (3 if replica_phase(pod) is ReplicaPhase.READY else 2), age


def _ended(pod: Pod) -> bool:
    return pod.status.phase in {"Succeeded", "Failed"}
