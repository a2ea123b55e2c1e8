"""Volumes as claims: made where there is none, kept when the app goes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cloudkit.backends.kubernetes.labels import COMPONENT, MANAGED_BY, OWNER, PART_OF, Component
from cloudkit.backends.kubernetes.manifests.heading import heading
from cloudkit.errors import UnsupportedError
from cloudkit.model.app import AppSpec

__all__ = ["CLAIM_SIZE", "check_claim", "claim", "claims"]

CLAIM_SIZE = "1Gi"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_OTHER = re.compile(r"[^a-z0-9]+")


def claims(spec: AppSpec, *, namespace: str) -> Iterator[dict[str, Any]]:
    """Yield a claim for each volume that an app mounts."""
    names = dict.fromkeys(mount.source for mount in spec.mounts if mount.kind == "volume")
    for name in names:
        yield claim(name, namespace=namespace)


def claim(name: str, *, namespace: str) -> dict[str, Any]:
    """Return the claim of a volume: of the default class, and of no app, as several may mount it."""
    check_claim(name)
    labels = {MANAGED_BY: OWNER, PART_OF: OWNER, COMPONENT: Component.VOLUME.value}
    body = heading("v1", "PersistentVolumeClaim", {"name": name, "namespace": namespace, "labels": labels})
    resources = {"requests": {"storage": CLAIM_SIZE}}
    return body | {"spec": {"accessModes": ["ReadWriteOnce"], "resources": resources}}


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
