"""What an engine lends a container, as a spec has it: ports, folders, limits, restarts; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from cloudkit.backends.adopting.fields import Fields
from cloudkit.backends.docker.adopting.candidate import Container
from cloudkit.errors import UnsupportedError
from cloudkit.model.mount import Mount
from cloudkit.model.port import Port
from cloudkit.model.resources import Resources

__all__ = ["host_fields"]

_RESTARTS: Mapping[str, Literal["always", "on-failure", "never"]] = {
    "always": "always",
    "unless-stopped": "always",
    "on-failure": "on-failure",
}
_ANONYMOUS = re.compile(r"[0-9a-f]{64}")
_EVERYWHERE = {"": "0.0.0.0", "::": "0.0.0.0"}  # noqa: S104  # where it is published now
_OF_THE_ENGINE = (
    "CgroupnsMode", "ConsoleSize", "ContainerIDFile", "IpcMode", "LogConfig", "MaskedPaths", "ReadonlyPaths",
    "Runtime", "ShmSize", "Isolation", "OomKillDisable", "Annotations", "MemoryReservation", "MemorySwappiness",
)  # fmt: skip
_PRIVATE = ("default", "bridge")


def host_fields(container: Container, config: Fields, lost: list[str]) -> dict[str, Any]:
    """Return the fields of a spec that say what an engine lends a container.

    Args:
        container: The container.
        config: Its ``Config``, for the ports that its image names.
        lost: Gets what no spec can say.

    Raises:
        UnsupportedError: It has a volume, or goes when it is stopped.
    """
    host = Fields(container.detail["HostConfig"], "HostConfig", lost)
    if host.take("AutoRemove"):
        message = f"container {container.name} goes as soon as it is stopped, so that there would be no way back"
        raise UnsupportedError(message, capability="adopt", hint="run it without --rm, and adopt that")
    fields = {
        "ports": tuple(_ports(host, config, container)),
        "mounts": tuple(_mounts(container, host)),
        "resources": _resources(host),
        "restart": _RESTARTS.get((host.take("RestartPolicy") or {}).get("Name", ""), "never"),
        "read_only": bool(host.take("ReadonlyRootfs")),
        "drop": tuple(one.removeprefix("CAP_") for one in host.take("CapDrop") or ()),
        "init": bool(host.take("Init")),
    }
    host.ignore(*_OF_THE_ENGINE, SecurityOpt=["no-new-privileges"])
    networks = container.detail["NetworkSettings"].get("Networks") or {}
    host.ignore("NetworkMode")
    for network in sorted(networks):
        if network not in _PRIVATE:
            host.lose("NetworkMode", f"on network {network}")
    host.close()
    return fields


def _ports(host: Fields, config: Fields, container: Container) -> Iterator[Port]:
    """Yield the published ports as they are published, else those of the image that are listened on.

    What is balanced is connections, as nobody says what they speak.
    """
    bindings = host.take("PortBindings") or {}
    used = container.detail["NetworkSettings"].get("Ports") or {}
    exposed = config.take("ExposedPorts") or {}
    for text in sorted(bindings or exposed, key=lambda one: int(one.partition("/")[0])):
        number, _, protocol = text.partition("/")
        if protocol != "tcp":
            host.lose("PortBindings", f"{text} is not TCP")
            continue
        entry = next(iter(bindings.get(text) or ()), None)
        if entry is None:
            if container.listens is None or int(number) in container.listens:
                yield Port(number=int(number), protocol="tcp")
            continue
        actual = next(iter(used.get(text) or ()), entry)
        told = str(entry.get("HostIp") or "")
        address = _EVERYWHERE.get(told, told)
        publish = int(entry.get("HostPort") or actual.get("HostPort") or 0)
        yield Port(number=int(number), publish=publish, host=address, protocol="tcp")


def _mounts(container: Container, host: Fields) -> Iterator[Mount]:
    """Yield folders of the host and memory; an app's volumes have names of their own, so that no volume is carried."""
    host.ignore("Binds", "Mounts")
    for one in container.detail.get("Mounts") or ():
        target = one["Destination"]
        if one["Type"] == "bind":
            yield Mount(target=target, source=one["Source"], kind="bind", read_only=not one["RW"])
        elif one["Type"] == "volume" and _ANONYMOUS.fullmatch(one["Name"]):
            host.lose("Mounts", f"the unnamed volume at {target}")
        elif one["Type"] == "volume":
            raise _volume(container, one["Name"], target)
        elif one["Type"] != "tmpfs":
            host.lose("Mounts", f"{one['Type']} at {target}")
    for target in host.take("Tmpfs") or {}:
        yield Mount(target=target, kind="tmpfs")


def _volume(container: Container, volume: str, target: str) -> UnsupportedError:
    message = f"container {container.name} keeps data in the volume {volume!r}, and an app has volumes of its own"
    copy = f"docker run --rm -v {volume}:/from -v {container.namespace}.{volume}:/to busybox cp -a /from/. /to"
    hint = f"docker stop {container.name}; {copy}; cloudkit deploy --volume {volume}:{target}"
    return UnsupportedError(message, capability="adopt", hint=hint)


def _resources(host: Fields) -> Resources:
    memory, pids = host.take("Memory"), host.take("PidsLimit")
    host.ignore(MemorySwap=-1 if not memory else memory * 2)
    host.ignore(MemorySwap=memory)
    nano, quota, period = host.take("NanoCpus"), host.take("CpuQuota"), host.take("CpuPeriod")
    thousandths = (nano or 0) // 10**6 or (1000 * quota // period if quota and period and quota > 0 else 0)
    return Resources(
        cpu=f"{thousandths}m" if thousandths else None,
        memory=str(memory) if memory else None,
        pids=pids if pids and pids > 0 else None,
    )
