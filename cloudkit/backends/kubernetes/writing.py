"""Write an app's objects: its owner as the record that only one of two writers gets, and what surrounds it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloudkit.backends.kubernetes.finding import find_owner
from cloudkit.backends.kubernetes.following import shared
from cloudkit.backends.kubernetes.labels import GENERATION
from cloudkit.backends.kubernetes.manifests import Manifest, key_of
from cloudkit.backends.kubernetes.onename import keep_name, opened
from cloudkit.backends.kubernetes.owning import is_stale, owned, write
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.refusal import refusal_of
from cloudkit.backends.rolling import superseded
from cloudkit.errors import ConflictError, NotFoundError, UsageError

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.model.autoscale import Autoscale
    from cloudkit.model.progress import Listener

__all__ = ["Writing"]

SEALED = frozenset({"configmaps", "secrets"})
TRIES = 20  # of a change that the controllers' own come in between


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """Writes objects of one namespace.

    Args:
        client: A connection to the API server.
        listener: Hears of what a hand had changed.
    """

    client: Client
    listener: Listener

    def record(self, owner: Manifest, *, expected: int, autoscale: Autoscale | None = None) -> None:
        """Write the record, if it still has the generation that is expected; 0 is that it is not there.

        Args:
            owner: What is wanted of what makes the pods.
            expected: The generation that is there.
            autoscale: How the app follows its load; None where it does not.

        Raises:
            ConflictError: Somebody else was faster, or owns a field of it.
        """
        name = owner["metadata"]["name"]
        if not expected:
            self._create(name, owner)
            return
        for _ in range(TRIES):
            try:
                self._replace(name, owner, expected, autoscale=autoscale)
            except ConflictError as error:
                if not is_stale(error):
                    raise
                continue
            return
        raise ConflictError(f"app {name!r} changes faster than it can be written", hint=f"cloudkit status {name}")

    def sealed(self, app: str, manifest: Manifest, *, expected: int) -> None:
        """Write the Secret or ConfigMap of a revision that is about to be recorded, open to another writer until it is.

        Who has won the record seals it by `objects`, so that nobody who comes late puts another value into it.

        Raises:
            ConflictError: Somebody else was faster.
        """
        resource, name = key_of(manifest)
        path = object_path(resource, self.client.namespace, name)
        try:
            write(self.client, path, manifest, listener=self.listener)
        except UsageError:
            present = self._sealed(path)
            if present is None:
                raise
            if present["data"] == manifest["data"]:
                return
            self._refuse_late(app, expected)  # else it is left of a revision that nobody knows any more
            self.client.delete(path, uid=present["metadata"]["uid"])
            write(self.client, path, manifest, listener=self.listener)

    def objects(self, manifests: Iterable[Manifest]) -> None:
        """Write what surrounds a record that is won; a claim that is there stays, what pods read is sealed."""
        for manifest in manifests:
            resource, name = key_of(manifest)
            if resource == "persistentvolumeclaims":
                self._claim(manifest)
            else:
                path = object_path(resource, self.client.namespace, name)
                whole = {**manifest, "immutable": True} if resource in SEALED else manifest
                write(self.client, path, whole, listener=self.listener)

    def remove(self, keys: Iterable[tuple[str, str]]) -> None:
        """Remove objects, by collection and name; one that is gone is no error."""
        for resource, name in keys:
            self.client.delete(object_path(resource, self.client.namespace, name))

    def annotate(self, pods: Iterable[str], annotation: str, value: str) -> None:
        """Set an annotation of pods; one that is gone is no error."""
        for name in pods:
            with suppress(NotFoundError):
                path = object_path("pods", self.client.namespace, name)
                self.client.patch(path, {"metadata": {"annotations": {annotation: value}}})

    def _sealed(self, path: str) -> dict[str, Any] | None:
        with suppress(NotFoundError):
            present = self.client.raw(path)
            return present if present.get("immutable") else None
        return None

    def _refuse_late(self, app: str, expected: int) -> None:
        found = find_owner(self.client, app)
        there = found.metadata.annotations.get(GENERATION, "0") if found else "0"
        if there != str(expected):
            raise superseded(app, expected)

    def _create(self, name: str, owner: Manifest) -> None:
        try:
            made = self.client.create(object_path(key_of(owner)[0], self.client.namespace), opened(owner))
        except ConflictError as error:
            refusal = refusal_of(error)
            if refusal is None or refusal.reason != "AlreadyExists":
                raise
            message = f"app {name!r} was changed by someone else: it is there already"
            raise ConflictError(message, hint=f"cloudkit status {name}") from error
        keep_name(self.client, name, owner["kind"], str(made["metadata"]["uid"]))

    def _replace(self, name: str, owner: Manifest, expected: int, *, autoscale: Autoscale | None) -> None:
        path = object_path(key_of(owner)[0], self.client.namespace, name)
        try:
            raw = owned(self.client, path, self.client.raw(path))
        except NotFoundError as error:
            raise superseded(name, expected) from error
        if raw["metadata"].get("annotations", {}).get(GENERATION) != str(expected):
            raise superseded(name, expected)
        raw, body = shared(self.client, path, raw, owner, autoscale)
        metadata = {**owner["metadata"], "resourceVersion": raw["metadata"]["resourceVersion"]}
        write(self.client, path, {**body, "metadata": metadata}, listener=self.listener)

    def _claim(self, manifest: Manifest) -> None:
        try:
            self.client.create(object_path("persistentvolumeclaims", self.client.namespace), manifest)
        except ConflictError as error:
            refusal = refusal_of(error)
            if refusal is None or refusal.reason != "AlreadyExists":
                raise
