"""Volumes as claims: made where there is none, kept when the app goes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cloudkit.backends.kubernetes.labels import COMPONENT, MANAGED_BY, OWNER, PART_OF, Component
from cloudkit.backends.kubernetes.manifests.heading import heading
from cloudkit.errors import UnsupportedError
from cloudkit.model.app import AppSpec
from cloudkit.model.mount import Mount

__all__ = ["CLAIM_SIZE", "check_claim", "claim", "claims"]

CLAIM_SIZE = "1Gi"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_OTHER = re.compile(r"[^a-z0-9]+")


def claims(spec: AppSpec, *, namespace: str) -> Iterator[dict[str, Any]]:
    """Yield a claim for each volume that an app mounts."""
    mounts = {mount.source: mount for mount in reversed(spec.mounts) if mount.kind == "volume"}
    for name in dict.fromkeys(mount.source for mount in spec.mounts if mount.kind == "volume"):
        yield claim(name, namespace=namespace, made=mounts[name])


def claim(name: str, *, namespace: str, made: Mount | None = None) -> dict[str, Any]:
    """Return the claim of a volume, of no app, as several may mount it.

    Args:
        name: Its name.
        namespace: The Kubernetes namespace.
        made: What says its size, its class and how it is shared; the cluster's own choice where None.
    """
    check_claim(name)
    wanted = made or Mount(target="/data", source=name)
    labels = {MANAGED_BY: OWNER, PART_OF: OWNER, COMPONENT: Component.VOLUME.value}
    body = heading("v1", "PersistentVolumeClaim", {"name": name, "namespace": namespace, "labels": labels})
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteMany" if wanted.shared else "ReadWriteOnce"],
        "resources": {"requests": {"storage": wanted.size or CLAIM_SIZE}},
    }
    return body | {"spec": spec | ({"storageClassName": wanted.storage_class} if wanted.storage_class else {})}


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
