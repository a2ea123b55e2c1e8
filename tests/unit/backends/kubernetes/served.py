"""Objects as an API server would give them back, made from the manifests that it was sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from cloudkit.backends.kubernetes.labels import CONTAINER, REVISION
from cloudkit.backends.kubernetes.manifests import Manifest, key_of, manifests
from cloudkit.backends.kubernetes.objects import KeptRevision, Node, Pod, Sealed, Service, Workload
from cloudkit.backends.kubernetes.plan import Situation
from cloudkit.backends.kubernetes.records import Record, Settings, kept_revisions, newest_revision, read_record
from cloudkit.model.app import AppSpec

__all__ = ["BEGAN", "Served", "node", "pod", "served"]

BEGAN = datetime(2026, 1, 31, 14, 5, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Served:
    """What an API server has of one app, after its controllers have done their part."""

    owner: Workload
    history: tuple[KeptRevision, ...]
    services: tuple[Service, ...]
    secrets: tuple[Sealed, ...]
    configs: tuple[Settings, ...]
    keys: frozenset[tuple[str, str]]

    @property
    def record(self) -> Record:
        """What its owner says is wanted."""
        record = read_record(self.owner, self.secrets, self.configs)
        assert record is not None
        return record

    def situation(self, *pods: Pod) -> Situation:
        """What a plan starts from, with those pods there."""
        return Situation(
            namespace="ns",
            record=self.record,
            newest_revision=newest_revision(self.owner, self.history),
            kept=kept_revisions(self.owner, self.history),
            pods=pods,
            services=self.services,
            present=self.keys,
        )


def served(*specs: AppSpec) -> Served:
    """Return what is there after an app was made by its first spec and changed to each next one, each a revision."""
    sent = [manifests(spec, namespace="ns", revision=number, generation=number) for number, spec in enumerate(specs, 1)]
    last = sent[-1]
    return Served(
        owner=next(msgspec.convert(one, Workload) for one in last if one["kind"] == "Deployment"),
        history=tuple(_replica_set(one, number) for number, some in enumerate(sent, 1) for one in _only(some)),
        services=tuple(msgspec.convert(one, Service) for one in last if one["kind"] == "Service"),
        secrets=tuple(msgspec.convert(one, Sealed) for some in sent for one in some if one["kind"] == "Secret"),
        configs=tuple(msgspec.convert(one, Settings) for some in sent for one in some if one["kind"] == "ConfigMap"),
        keys=frozenset(key_of(one) for one in (*last, *_secrets(sent)) if one["kind"] != "Deployment"),
    )


def pod(name: str, revision: int = 1, *, ready: bool = True, age: float = 60, **changes: Any) -> Pod:
    """Return a pod that runs."""
    created = BEGAN - timedelta(seconds=age)
    body: dict[str, Any] = {
        "metadata": {
            "name": name,
            "uid": f"uid-{name}",
            "annotations": {REVISION: str(revision)},
            "creationTimestamp": created.isoformat(),
        },
        "spec": {"nodeName": "node-1", "containers": [{"name": CONTAINER, "image": "registry.example/web:1"}]},
        "status": {
            "phase": "Running",
            "podIP": "10.0.0.7",
            "conditions": [
                {"type": "Ready", "status": str(ready), "lastTransitionTime": created.isoformat()},
            ],
            "containerStatuses": [
                {"name": CONTAINER, "ready": ready, "state": {"running": {"startedAt": created.isoformat()}}}
            ],
        },
    }
    for part, words in changes.items():
        body[part] |= words
    return msgspec.convert(body, Pod)


def node(name: str, address: str, *, ready: bool = True) -> Node:
    """Return a node."""
    body = {
        "metadata": {"name": name},
        "status": {
            "addresses": [{"type": "Hostname", "address": name}, {"type": "InternalIP", "address": address}],
            "conditions": [{"type": "Ready", "status": str(ready)}],
        },
    }
    return msgspec.convert(body, Node)


def _only(sent: Iterable[Manifest]) -> list[Manifest]:
    return [one for one in sent if one["kind"] == "Deployment"]


def _secrets(sent: Iterable[tuple[Manifest, ...]]) -> list[Manifest]:
    return [one for some in sent for one in some if one["kind"] == "Secret"]


def _replica_set(owner: Manifest, number: int) -> KeptRevision:
    """Return the ReplicaSet that the controller makes: with the Deployment's annotations and its template."""
    metadata = owner["metadata"]
    return msgspec.convert(
        {
            "metadata": {
                "name": f"{metadata['name']}-{number}",
                "namespace": metadata["namespace"],
                "annotations": metadata["annotations"],
                "creationTimestamp": (BEGAN + timedelta(minutes=number)).isoformat(),
                "ownerReferences": [{"kind": "Deployment", "name": metadata["name"], "controller": True}],
            },
            "spec": {"template": owner["spec"]["template"]},
        },
        KeptRevision,
    )
