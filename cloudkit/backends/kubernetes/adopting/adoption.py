"""All that is decided about an adoption, and how it is written down before anything changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from cloudkit.backends.kubernetes.adopting.candidate import Origin, origin_of
from cloudkit.backends.kubernetes.labels import (
    ADOPTION,
    COMPONENT,
    GENERATION,
    OWNED,
    REVISION,
    SPEC,
    Component,
    app_selector,
    identity,
)
from cloudkit.backends.kubernetes.manifests import Manifest, Ways, manifests
from cloudkit.backends.kubernetes.manifests.heading import heading, selector
from cloudkit.backends.kubernetes.objects import Metadata, Sealed
from cloudkit.backends.kubernetes.owners import COLLECTIONS
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.records import Settings, read_spec
from cloudkit.model.encode import canonical, encode

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.model.app import AppSpec

__all__ = ["HASH", "Adoption", "Maker", "find_note", "note_name", "note_of"]

HASH = "pod-template-hash"
"""The label by which a ReplicaSet tells its pods from those of its Deployment's others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """What makes the pods that are there, or has made them.

    Args:
        resource: Its collection.
        name: Its name.
        uid: Its identity.
        generation: What was wanted of it when it was looked at.
    """

    resource: str
    name: str
    uid: str
    generation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """How a workload becomes an app.

    Args:
        origin: What it was.
        spec: What it becomes.
        revision: The revision that its pods are given.
        pull: The registry that the revision has a pull secret for; empty for none.
        container: What the container is called in the pods.
        names: What ports are called there, by number; empty for no name.
        selector: Finds the pods; empty for a single pod, which has its name.
        makers: What makes them until now, whatever stands above others first.
        service: True where a Service of the app's name leads to the pods and stays.
        hash: The value that tells the pods from those of later revisions.
        goes_on: True where it was begun before, and interrupted.
    """

    origin: Origin
    spec: AppSpec
    revision: int
    pull: str
    container: str
    names: Mapping[int, str]
    selector: str
    makers: tuple[Maker, ...]
    service: bool = False
    hash: str = ""
    goes_on: bool = False

    @property
    def ways(self) -> Ways:
        """How the app is reached."""
        return Ways(names=self.names, other=self.service)

    def objects(self, namespace: str) -> tuple[Manifest, ...]:
        """Return the app's objects, in the order in which they are made."""
        return manifests(
            self.spec, namespace=namespace, revision=self.revision, generation=1, pull=self.pull, ways=self.ways
        )

    def owner(self, namespace: str) -> Manifest:
        """Return the object that makes the app's pods from now on."""
        return next(one for one in self.objects(namespace) if one["kind"] in COLLECTIONS)

    def replica_set(self, namespace: str) -> Manifest:
        """Return the ReplicaSet that takes the pods, with the template of the Deployment that then takes it."""
        template = self.owner(namespace)["spec"]["template"]
        value = self.hash or sha256(canonical(template).encode()).hexdigest()[:10]
        labels = template["metadata"]["labels"] | {HASH: value}
        metadata = {"name": f"{self.spec.name}-{value}", "namespace": namespace, "labels": labels}
        return heading("apps/v1", "ReplicaSet", metadata) | {
            "spec": {
                "replicas": self.spec.replicas,
                "selector": {"matchLabels": {**selector(self.spec.name), HASH: value}},
                "template": template | {"metadata": template["metadata"] | {"labels": labels}},
            }
        }


def note_name(app: str) -> str:
    """Return the name of the ConfigMap that says how an app is being made of a workload.

    >>> note_name("web")
    'web-adoption'
    """
    return f"{app}-adoption"


def note_of(adoption: Adoption, namespace: str) -> dict[str, Any]:
    """Return what is written down: with it whoever comes next goes on, whatever is gone by then."""
    rest = {
        "pull": adoption.pull,
        "container": adoption.container,
        "names": {str(number): name for number, name in adoption.names.items()},
        "selector": adoption.selector,
        "makers": [asdict(one) for one in adoption.makers],
        "service": adoption.service,
        "hash": adoption.hash,
    }
    metadata = {
        "name": note_name(adoption.spec.name),
        "namespace": namespace,
        "labels": identity(Component.ADOPTION, adoption.spec.name),
        "annotations": {
            ADOPTION: str(adoption.origin),
            SPEC: canonical(encode(adoption.spec)),
            REVISION: str(adoption.revision),
            GENERATION: "1",
        },
    }
    return heading("v1", "ConfigMap", metadata) | {"data": {"rest": canonical(rest)}}


class _Note(msgspec.Struct, frozen=True):
    metadata: Metadata
    data: Mapping[str, str] = {}


def find_note(client: Client, origin: Origin) -> Adoption | None:
    """Return the adoption of a workload that was begun and has not ended; None where none was."""
    collection = object_path("configmaps", client.namespace)
    notes = client.list(collection, _Note, labels=f"{OWNED},{COMPONENT}={Component.ADOPTION}").items
    note = next((one for one in notes if one.metadata.annotations.get(ADOPTION) == str(origin)), None)
    if note is None:
        return None
    app, revision = note.metadata.name.removesuffix("-adoption"), int(note.metadata.annotations[REVISION])
    secrets = client.list(object_path("secrets", client.namespace), Sealed, labels=app_selector(app)).items
    configs = client.list(collection, Settings, labels=app_selector(app)).items
    rest = json.loads(note.data["rest"])
    return Adoption(
        origin=origin_of(note.metadata.annotations[ADOPTION]),
        spec=read_spec(note.metadata, app, revision, secrets, configs),
        revision=revision,
        pull=rest["pull"],
        container=rest["container"],
        names={int(number): name for number, name in rest["names"].items()},
        selector=rest["selector"],
        makers=tuple(Maker(**one) for one in rest["makers"]),
        service=rest["service"],
        hash=rest["hash"],
        goes_on=True,
    )
