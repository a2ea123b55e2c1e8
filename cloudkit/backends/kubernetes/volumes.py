"""The claims of an app's volumes that are there already: what of them fits what is wanted, and which ones grow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from cloudkit.backends.kinds import claim_of, refuse_volumes_of_others
from cloudkit.backends.kubernetes.labels import MANAGED_BY, NAME, OWNER
from cloudkit.backends.kubernetes.objects import Claim
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.errors import AccessError, UnsupportedError
from cloudkit.model.quantity import memory_bytes

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.model.app import AppSpec
    from cloudkit.model.mount import Mount

__all__ = ["grow_claims", "refuse_claims"]

CLAIMS = "persistentvolumeclaims"
SHARED = "ReadWriteMany"


class StorageClass(Struct, frozen=True, rename="camel"):
    """A class of storage, of which only is asked whether its volumes grow."""

    allow_volume_expansion: bool = False


def refuse_claims(client: Client, spec: AppSpec) -> None:
    """Raise where a claim that is there cannot become what is wanted, before anything is changed.

    Raises:
        ConflictError: It is that of another stateful app's replica.
        UnsupportedError: It would have to shrink, to grow though its class lets none, or to change its class or who
            may have it.
    """
    _refuse_owned(client, spec)
    for name, mount, claim in _there(client, spec):
        if mount.shared and SHARED not in claim.spec.access_modes:
            modes = " ".join(claim.spec.access_modes)
            message = f"volume {name!r} is not made to be shared ({modes}), and no volume changes that"
            raise UnsupportedError(message, capability="volume", hint="another name, or without shared")
        wanted, present = mount.storage_class, claim.spec.storage_class_name
        if wanted and wanted != present:
            message = f"volume {name!r} is of class {present!r}, and no volume changes its class"
            raise UnsupportedError(message, capability="volume", hint=f"another name, or class={present}")
        size = _size(claim)
        if mount.size is None or memory_bytes(mount.size) == memory_bytes(size):
            continue
        if memory_bytes(mount.size) < memory_bytes(size):
            message = f"volume {name!r} has {size}, and no volume shrinks to {mount.size}"
            raise UnsupportedError(message, capability="volume", hint=f"size={size}, or another volume")
        if not _grows(client, present):
            message = f"volume {name!r} has {size}, and its class {present!r} lets no volume grow"
            fix = f"kubectl patch storageclass {present} -p '{{\"allowVolumeExpansion\": true}}', if its driver can"
            raise UnsupportedError(message, capability="volume", hint=fix)


def grow_claims(client: Client, spec: AppSpec) -> None:
    """Ask for more of each claim that has less than is wanted; the cluster gives it while pods run."""
    for name, mount, claim in _there(client, spec):
        if mount.size is not None and memory_bytes(mount.size) > memory_bytes(_size(claim)):
            path = object_path(CLAIMS, client.namespace, name)
            client.patch(path, {"spec": {"resources": {"requests": {"storage": mount.size}}}})


def _there(client: Client, spec: AppSpec) -> Iterator[tuple[str, Mount, Claim]]:
    """Yield the claims of the volumes that say what they are, by name."""
    for mount in spec.mounts:
        if mount.kind == "volume" and (mount.size or mount.storage_class or mount.shared):
            for name in _names(spec, mount):
                claim = client.find(object_path(CLAIMS, client.namespace, name), Claim)
                if claim is not None:
                    yield name, mount, claim


def _refuse_owned(client: Client, spec: AppSpec) -> None:
    """Refuse other apps' claims, which the cluster has marked with the labels of the pods that it made them for."""
    if spec.kind == "stateful" and any(mount.kind == "volume" for mount in spec.mounts):
        there = client.list(object_path(CLAIMS, client.namespace), Claim, labels=f"{MANAGED_BY}={OWNER},{NAME}").items
        refuse_volumes_of_others(spec, {one.metadata.name: one.metadata.labels[NAME] for one in there})


def _names(spec: AppSpec, mount: Mount) -> list[str]:
    if spec.kind != "stateful":
        return [mount.source]
    return [claim_of(mount.source, spec.name, ordinal) for ordinal in range(spec.replicas)]


def _size(claim: Claim) -> str:
    return claim.spec.resources.requests.get("storage", "0")


def _grows(client: Client, name: str) -> bool:
    try:
        found = client.find(object_path("storageclasses", name=name), StorageClass)
    except AccessError:  # the API server itself judges the change then
        return True
    return found is not None and found.allow_volume_expansion
