"""Objects that have an app's names and are somebody else's: found before anything is changed, and never written."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from cloudkit.backends.kubernetes.labels import MANAGED_BY, NAME, OWNER
from cloudkit.backends.kubernetes.manifests import Manifest, key_of
from cloudkit.backends.kubernetes.objects import Metadata
from cloudkit.backends.kubernetes.owners import COLLECTIONS
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.errors import AccessError, ConflictError

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["is_of", "refuse_strangers", "stranger"]

_ELSEWHERE = frozenset({*COLLECTIONS.values(), "persistentvolumeclaims"})  # the record is locked; claims are shared


class _Thing(Struct, frozen=True):
    """Any object, of which nothing but whose it is is asked."""

    metadata: Metadata


def refuse_strangers(
    client: Client, app: str, manifests: Iterable[Manifest], *, own: Container[tuple[str, str]]
) -> None:
    """Raise ``ConflictError`` when an object that an app needs is there and is not the app's.

    Args:
        client: A connection to the API server.
        app: Whose objects they are to be.
        manifests: What is wanted.
        own: The app's objects that were seen, by collection and name; they are not asked for again.
    """
    for manifest in manifests:
        resource, name = key_of(manifest)
        if resource in _ELSEWHERE or (resource, name) in own:
            continue
        with suppress(AccessError):  # who may not look is told by the write itself
            found = client.find(object_path(resource, client.namespace, name), _Thing)
            if found is not None and not is_of(found.metadata.labels, app):
                raise stranger(app, manifest["kind"], name, namespace=client.namespace)


def is_of(labels: Mapping[str, str], app: str) -> bool:
    """Tell by its labels whether an object is an app's.

    >>> is_of({"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/name": "web"}, "web")
    False
    """
    return labels.get(MANAGED_BY) == OWNER and labels.get(NAME) == app


def stranger(app: str, kind: str, name: str, *, namespace: str) -> ConflictError:
    """Return the error of an object that is somebody else's."""
    hint = f"kubectl get {kind.lower()} {name} -n {namespace} --show-labels; or another name"
    return ConflictError(f"app {app!r} needs the {kind} {name!r}, which is somebody else's", hint=hint)
