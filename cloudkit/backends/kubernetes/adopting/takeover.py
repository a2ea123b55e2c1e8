"""Give the pods of a workload another owner while they run: each step may be the last of whoever is interrupted.

Pods are let go of before they are taken, as a cluster moves none from one owner to another. They have the labels of
the new owner before it is made, so that it finds as many as it wants and makes none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloudkit.backends.kubernetes.adopting.adoption import Adoption, Maker, note_name, note_of
from cloudkit.backends.kubernetes.finding import find_owner
from cloudkit.backends.kubernetes.labels import CONTAINER, CONTAINER_NAME, LEADS_TO, REVISION
from cloudkit.backends.kubernetes.manifests import Manifest, key_of
from cloudkit.backends.kubernetes.objects import ControllerRevision, Pod, Workload
from cloudkit.backends.kubernetes.owning import is_stale
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.refusal import refusal_of
from cloudkit.backends.kubernetes.workloads.owners import controller_of
from cloudkit.backends.kubernetes.writing import Writing
from cloudkit.errors import BackendError, ConflictError, NotFoundError
from cloudkit.model.progress import Phase, Progress

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.model.app import AppSpec
    from cloudkit.model.progress import Listener

__all__ = ["Takeover"]

PATIENCE = 60.0  # seconds for a step of the cluster's own controllers
TICK = 0.1
ORDERED_HASH = "controller-revision-hash"
"""The label by which a StatefulSet and a DaemonSet tell which revision a pod is of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeover:
    """One act of adopting.

    Args:
        client: A connection to the API server.
        listener: Hears of each step.
        adoption: What was decided.
    """

    client: Client
    listener: Listener
    adoption: Adoption

    @property
    def spec(self) -> AppSpec:
        """What the workload becomes."""
        return self.adoption.spec

    def run(self) -> None:
        """Make the app's record the owner of the pods; what surrounds an app is made by whoever applies it then."""
        adoption, namespace = self.adoption, self.client.namespace
        if not adoption.goes_on:
            self._try()
        self._write(note_of(adoption, namespace))
        writing = Writing(client=self.client, listener=self.listener)
        for one in adoption.objects(namespace):
            if one["kind"] in {"Secret", "ConfigMap"}:
                writing.sealed(adoption.spec.name, one, expected=0)
        for maker in adoption.makers:
            self._orphan(maker)
        self._tell("takes the pods over")
        self._take()
        if adoption.service:
            path = object_path("services", namespace, adoption.spec.name)
            self.client.patch(path, {"metadata": {"annotations": {LEADS_TO: adoption.spec.name}}})

    def finish(self) -> None:
        """Forget that it was ever something else."""
        self.client.delete(object_path("configmaps", self.client.namespace, note_name(self.adoption.spec.name)))

    def _take(self) -> None:
        """Make the new owner around the pods."""
        namespace, there = self.client.namespace, find_owner(self.client, self.adoption.spec.name)
        owner = self.adoption.owner(namespace)
        if owner["kind"] != "Deployment":
            self._take_in_order(owner)
        elif there is None:
            replica_set = self.adoption.replica_set(namespace)
            self._label(replica_set["metadata"]["labels"])
            self._create(replica_set)
            self._create(owner)

    def _take_in_order(self, owner: Manifest) -> None:
        """Let an owner that numbers its pods or nodes take them, and then say of which revision they are."""
        self._label(owner["spec"]["template"]["metadata"]["labels"])
        self._create(self._waiting(owner))
        resource, name = key_of(owner)
        path = object_path(resource, self.client.namespace, name)
        found = self.client.raw(path)
        if found["spec"]["updateStrategy"]["type"] != "OnDelete":
            return  # whoever was interrupted had come further
        value = self._await(lambda: self._revision(resource, path), f"{resource} {name} to see its pods")
        for pod in self._pods():
            self._patch(pod, {"labels": {ORDERED_HASH: value}})

    def _waiting(self, owner: Manifest) -> dict[str, Any]:
        """Return an owner that replaces no pod by itself."""
        return {**owner, "spec": {**owner["spec"], "updateStrategy": {"type": "OnDelete"}}}

    def _revision(self, resource: str, path: str) -> str:
        """Return what the owner calls its revision in its pods; empty while it has not got one."""
        raw = self.client.raw(path)
        if resource == "statefulsets":
            return str(raw.get("status", {}).get("updateRevision") or "")
        listed = self.client.list(object_path("controllerrevisions", self.client.namespace), ControllerRevision).items
        own = [
            one.metadata
            for one in listed
            if (owner := controller_of(one.metadata)) and owner.uid == raw["metadata"]["uid"]
        ]
        return own[0].labels.get(ORDERED_HASH, "") if own else ""

    def _try(self) -> None:
        """Have the server say whether it would take the new owner, before the old one lets go."""
        namespace = self.client.namespace
        owner = self.adoption.owner(namespace)
        whole = [self._waiting(owner)]
        if owner["kind"] == "Deployment":
            whole = [dict(self.adoption.replica_set(namespace)), dict(owner)]
        for one in whole:
            self._create(one, dry_run=True)

    def _orphan(self, maker: Maker) -> None:
        """Remove what has made the pods, and return when it has let go of them."""
        path = object_path(maker.resource, self.client.namespace, maker.name)
        first = not self.adoption.goes_on and maker.uid == self.adoption.makers[0].uid

        def gone() -> bool:
            found = self.client.find(path, Workload)
            if found is None or found.metadata.uid != maker.uid:
                return True
            if found.metadata.deletion_timestamp is None:
                if first and found.metadata.generation != maker.generation:
                    message = f"{self.adoption.origin} was changed by someone else before it could be adopted"
                    raise ConflictError(message, hint=f"cloudkit adopt {self.adoption.origin}")
                self._let_go(path, found)
            return False

        self._tell(f"removes {maker.resource.removesuffix('s')} {maker.name}, its pods stay")
        self._await(gone, f"{maker.name} to let go of its pods")

    def _let_go(self, path: str, found: Workload) -> None:
        metadata = found.metadata
        try:
            self.client.delete(path, propagation="Orphan", uid=metadata.uid, version=metadata.resource_version)
        except ConflictError as error:  # its status has moved on: it is looked at again
            if not is_stale(error):
                raise

    def _label(self, labels: Mapping[str, str]) -> None:
        """Give the pods that nobody owns what the new owner finds them by, and their revision."""
        annotations = {REVISION: str(self.adoption.revision)}
        if self.adoption.container != CONTAINER:
            annotations[CONTAINER_NAME] = self.adoption.container
        for pod in self._pods():
            if controller_of(pod.metadata) is None:
                self._patch(pod, {"labels": dict(labels), "annotations": annotations})

    def _pods(self) -> tuple[Pod, ...]:
        collection, adoption = object_path("pods", self.client.namespace), self.adoption
        if adoption.selector:
            listed = self.client.list(collection, Pod, labels=adoption.selector).items
        else:
            listed = self.client.list(collection, Pod, fields=f"metadata.name={adoption.origin.name}").items
        return tuple(one for one in listed if one.metadata.deletion_timestamp is None)

    def _patch(self, pod: Pod, metadata: Mapping[str, Any]) -> None:
        """Change a pod's labels and annotations; one that has gone meanwhile is no error."""
        path = object_path("pods", self.client.namespace, pod.metadata.name)
        try:
            self.client.patch(path, {"metadata": {"uid": pod.metadata.uid, **metadata}})
        except NotFoundError:
            return
        except ConflictError as error:
            if not is_stale(error):
                raise

    def _create(self, manifest: Manifest, *, dry_run: bool = False) -> None:
        """Make an object; one that is there was made by whoever was interrupted, or has yet to go."""
        try:
            self.client.create(object_path(_resource(manifest), self.client.namespace), manifest, dry_run=dry_run)
        except ConflictError as error:
            refusal = refusal_of(error)
            if refusal is None or refusal.reason != "AlreadyExists":
                raise

    def _write(self, manifest: Manifest) -> None:
        name = manifest["metadata"]["name"]
        self.client.apply(object_path("configmaps", self.client.namespace, name), manifest, force=True)

    def _await(self, look: Callable[[], Any], what: str) -> Any:
        ends = time.monotonic() + PATIENCE
        while not (found := look()):
            if time.monotonic() > ends:
                message = f"the cluster did not get {what} within {PATIENCE:g} s"
                raise BackendError(message, hint=f"cloudkit adopt {self.adoption.origin}, which goes on from here")
            time.sleep(TICK)
        return found

    def _tell(self, message: str) -> None:
        self.listener(Progress(phase=Phase.NOTICE, item=self.adoption.spec.name, message=message))


def _resource(manifest: Manifest) -> str:
    return "replicasets" if manifest["kind"] == "ReplicaSet" else key_of(manifest)[0]
