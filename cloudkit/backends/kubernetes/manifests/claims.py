"""Volumes as claims: made where there is none, kept when the app goes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from cloudkit.backends.kubernetes.labels import COMPONENT, MANAGED_BY, OWNER, PART_OF, Component
from cloudkit.backends.kubernetes.manifests.heading import heading
from cloudkit.errors import UnsupportedError
from cloudkit.model.app import AppSpec
from cloudkit.model.mount import Mount

__all__ = ["CLAIM_SIZE", "check_claim", "check_template", "claim", "claim_templates", "claims", "made_as"]

CLAIM_SIZE = "1Gi"
TAKEN = frozenset({"config", "secrets"})  # what pods call their files
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_OTHER = re.compile(r"[^a-z0-9]+")


def claims(spec: AppSpec, *, namespace: str) -> Iterator[dict[str, Any]]:
    """Yield a claim for each volume that an app mounts; the cluster makes those that each stateful replica has."""
    if spec.kind != "stateful":
        for name, mount in made_as(spec.mounts).items():
            yield claim(name, namespace=namespace, made=mount)


def claim(name: str, *, namespace: str, made: Mount | None = None) -> dict[str, Any]:
    """Return the claim of a volume, of no app, as several may mount it.

    Args:
        name: Its name.
        namespace: The Kubernetes namespace.
        made: What says its size, its class and how it is shared; the cluster's own choice where None.
    """
    check_claim(name)
    return _claim({"name": name, "namespace": namespace}, made or Mount(target="/data", source=name))


def claim_templates(spec: AppSpec) -> Iterator[dict[str, Any]]:
    """Yield what the cluster makes the claims of each stateful replica from: ``data-db-0`` of ``data``, for ``db-0``.

    Raises:
        UnsupportedError: A volume's name is none that a pod of a StatefulSet can have.
    """
    for name, mount in sorted(made_as(spec.mounts).items()):
        check_template(name)
        yield _claim({"name": name}, mount)


def check_template(name: str) -> None:
    """Refuse a stateful replica's volume that is not a DNS label, or is called as the pod's other volumes are.

    >>> check_template("mount-0")
    Traceback (most recent call last):
    cloudkit.errors.UnsupportedError: a volume of a stateful app on Kubernetes cannot be called 'mount-0'
      try: volumes="data:/data"
    """
    check_claim(name)
    if "." in name or name.startswith("mount-") or name in TAKEN:
        proposal = name.replace(".", "-").removeprefix("mount-").strip("0123456789-")
        message = f"a volume of a stateful app on Kubernetes cannot be called {name!r}"
        raise UnsupportedError(message, capability="volume", hint=f'volumes="{proposal or "data"}:/data"')


def made_as(mounts: Sequence[Mount]) -> dict[str, Mount]:
    """Return what says how each volume is made, by name: the first mount of it."""
    volumes = [mount for mount in mounts if mount.kind == "volume"]
    first = {mount.source: mount for mount in reversed(volumes)}
    return {mount.source: first[mount.source] for mount in volumes}


def _claim(metadata: dict[str, Any], made: Mount) -> dict[str, Any]:
    labels = {MANAGED_BY: OWNER, PART_OF: OWNER, COMPONENT: Component.VOLUME.value}
    body = heading("v1", "PersistentVolumeClaim", {**metadata, "labels": labels})
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteMany" if made.shared else "ReadWriteOnce"],
        "resources": {"requests": {"storage": made.size or CLAIM_SIZE}},
    }
    return body | {"spec": spec | ({"storageClassName": made.storage_class} if made.storage_class else {})}


def check_claim(name: str) -> None:
    """Refuse a volume's name that a cluster would (RFC 1123).

    >>> check_claim("My_Data")
    Traceback (most recent call last):
    cloudkit.errors.UnsupportedError: a volume on Kubernetes cannot be called 'My_Data'
      try: volumes="my-data:/data"
    """
    if not _NAME.fullmatch(name):
        proposal = _OTHER.sub("-", name.lower()).strip("-") or "data"
        message = f"a volume on Kubernetes cannot be called {name!r}"
        raise UnsupportedError(message, capability="volume", hint=f'volumes="{proposal}:/data"')
