"""What a pod may not do: the *restricted* level where its user is known not to be root.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudkit.errors import UnsupportedError
from cloudkit.model.mount import Mount

__all__ = ["container_security", "pod_security"]

WAY_OUT = 'a number, such as user="1000"; `id` in the image tells it'


def pod_security(user: str | None, mounts: Sequence[Mount] = (), *, secrets: bool = False) -> dict[str, Any]:
    """Return the security context of a pod.

    A volume is empty at first and root's own, and so are secret files: where the user is not root, they are given the
    user's group.

    >>> pod_security("1000:2000")
    {'seccompProfile': {'type': 'RuntimeDefault'}, 'runAsUser': 1000, 'runAsGroup': 2000, 'runAsNonRoot': True}
    """
    uid, gid = _ids(user)
    context: dict[str, Any] = {"seccompProfile": {"type": "RuntimeDefault"}}
    if uid is not None:
        context["runAsUser"] = uid
    if gid is not None:
        context["runAsGroup"] = gid
    if uid:
        context["runAsNonRoot"] = True
        if secrets or any(mount.kind == "volume" for mount in mounts):
            context |= {"fsGroup": gid or uid, "fsGroupChangePolicy": "OnRootMismatch"}
    return context


def container_security(user: str | None, *, read_only: bool = False, drop: Sequence[str] = ()) -> dict[str, Any]:
    """Return the security context of a container; a user who is not root keeps no capability.

    >>> container_security("1000")
    {'allowPrivilegeEscalation': False, 'readOnlyRootFilesystem': False, 'capabilities': {'drop': ['ALL']}}
    """
    uid, _ = _ids(user)
    dropped = ["ALL"] if uid else list(drop)
    context: dict[str, Any] = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": read_only}
    return context | ({"capabilities": {"drop": dropped}} if dropped else {})


def _ids(user: str | None) -> tuple[int | None, int | None]:
    """Return a user's numbers."""
    if user is None:
        return None, None
    uid, _, gid = user.partition(":")
    if not _is_number(uid) or (gid and not _is_number(gid)):
        message = f"a pod's user is a number, and {user!r} is none"
        raise UnsupportedError(message, capability="user", hint=WAY_OUT)
    return int(uid), int(gid) if gid else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
