"""What a pod mounts: claims, folders of its node, and memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudkit.backends.kubernetes.manifests.claims import check_claim
from cloudkit.model.mount import Mount

__all__ = ["pod_volumes", "volume_mounts"]


def pod_volumes(mounts: Sequence[Mount], *, own: bool = False) -> list[dict[str, Any]]:
    """Return the volumes of a pod; a claim that is mounted twice is one.

    Args:
        mounts: What is mounted.
        own: True where each replica has claims of its own, which the cluster adds.

    >>> pod_volumes([Mount(target="/data", source="data")])
    [{'name': 'mount-0', 'persistentVolumeClaim': {'claimName': 'data'}}]
    """
    named = {_name(mounts, mount): mount for mount in mounts if not (own and mount.kind == "volume")}
    return [{"name": name, **_source(mount)} for name, mount in named.items()]


def volume_mounts(mounts: Sequence[Mount], *, own: bool = False) -> list[dict[str, Any]]:
    """Return where a container sees the volumes of its pod.

    Args:
        mounts: What is mounted.
        own: True where each replica has claims of its own, which are called as what they are made from.

    >>> volume_mounts([Mount(target="/data", source="data", read_only=True)])
    [{'name': 'mount-0', 'mountPath': '/data', 'readOnly': True}]
    """
    return [_mount(mount.source if own and mount.kind == "volume" else _name(mounts, mount), mount) for mount in mounts]


def _mount(name: str, mount: Mount) -> dict[str, Any]:
    return {"name": name, "mountPath": mount.target} | ({"readOnly": True} if mount.read_only else {})


def _name(mounts: Sequence[Mount], mount: Mount) -> str:
    """Return a volume's name in its pod: by the place of the first mount that has it."""
    return f"mount-{[_volume(one) for one in mounts].index(_volume(mount))}"


def _volume(mount: Mount) -> tuple[str, str]:
    """Return what tells a volume from others; memory is never shared, so it goes by its path."""
    return mount.kind, mount.source or mount.target


def _source(mount: Mount) -> dict[str, Any]:
    if mount.kind == "volume":
        check_claim(mount.source)
        return {"persistentVolumeClaim": {"claimName": mount.source}}
    if mount.kind == "bind":
        return {"hostPath": {"path": mount.source}}
    return {"emptyDir": {"medium": "Memory"}}
