"""Turn what a spec says of mounts, resources, environment and safety into the engine's words; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloudkit.backends.docker.labels import Component, identity
from cloudkit.backends.docker.names import volume_name
from cloudkit.model.mount import Mount
from cloudkit.model.quantity import memory_bytes, nano_cpus
from cloudkit.model.resources import Resources
from cloudkit.model.secret import Secret

__all__ = ["LOG_ROTATION", "engine_mounts", "environment", "host_config", "limits", "restart_policy"]

LOG_ROTATION = {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}
_RESTARTS = {"always": "always", "on-failure": "on-failure", "never": "no"}


def environment(env: Mapping[str, str | Secret]) -> list[str]:
    """Return variables as the engine takes them, secrets revealed: for the engine alone, never for a text.

    >>> environment({"PORT": "3000", "TOKEN": Secret("hunter2")})
    ['PORT=3000', 'TOKEN=hunter2']
    """
    return [f"{name}={value.reveal() if isinstance(value, Secret) else value}" for name, value in env.items()]


def limits(resources: Resources) -> dict[str, int]:
    """Return the limits that are set; swap is none beside the memory, so that its limit is what it says.

    >>> limits(Resources(cpu="500m", memory="64Mi", pids=50))
    {'NanoCpus': 500000000, 'Memory': 67108864, 'MemorySwap': 67108864, 'PidsLimit': 50}
    """
    words: dict[str, int] = {}
    if resources.cpu is not None:
        words["NanoCpus"] = nano_cpus(resources.cpu)
    if resources.memory is not None:
        words["Memory"] = words["MemorySwap"] = memory_bytes(resources.memory)
    if resources.pids is not None:
        words["PidsLimit"] = resources.pids
    return words


def restart_policy(restart: str) -> dict[str, Any]:
    """Return the engine's words for a spec's ``restart``.

    Not ``unless-stopped``: an engine that was killed ends what it finds running when it is back, and takes that for
    somebody's stop. ``always`` starts everything again, so what is stopped on purpose is set to ``never`` before.

    >>> restart_policy("never")
    {'Name': 'no', 'MaximumRetryCount': 0}
    """
    return {"Name": _RESTARTS[restart], "MaximumRetryCount": 0}


def engine_mounts(namespace: str, mounts: Sequence[Mount], owner: str = "") -> list[dict[str, Any]]:
    """Return mounts as the engine takes them; a volume that is made is the namespace's own and carries its labels.

    Args:
        namespace: Whose volumes they are.
        mounts: What is mounted.
        owner: The app whose replica alone has the volumes; empty where anybody may mount them.
    """
    return [_mount(namespace, mount, owner) for mount in mounts]


def _mount(namespace: str, mount: Mount, owner: str) -> dict[str, Any]:
    words: dict[str, Any] = {"Type": mount.kind, "Target": mount.target, "ReadOnly": mount.read_only}
    if mount.kind == "volume":
        words["Source"] = volume_name(namespace, mount.source)
        words["VolumeOptions"] = {"Labels": identity(namespace, Component.VOLUME, owner)}
    elif mount.kind == "bind":
        words["Source"] = mount.source
    return words


def host_config(
    namespace: str,
    *,
    resources: Resources,
    mounts: Sequence[Mount] = (),
    owner: str = "",
    read_only: bool = False,
    drop: Sequence[str] = (),
    init: bool = True,
) -> dict[str, Any]:
    """Return the part of the engine's HostConfig that replicas and tasks share.

    No process gains privileges by a set-uid file, and the engine's log of each container is bounded.

    Source: https://docs.docker.com/reference/api/engine/ (``ContainerCreate``).
    """
    return {
        "Mounts": engine_mounts(namespace, mounts, owner),
        "ReadonlyRootfs": read_only,
        "CapDrop": list(drop),
        "Init": init,
        "SecurityOpt": ["no-new-privileges"],
        "LogConfig": LOG_ROTATION,
        **limits(resources),
    }
