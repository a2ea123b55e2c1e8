"""What a container may use and do, as a spec has it: pure."""

from __future__ import annotations

from typing import Any

from cloudkit.backends.adopting.fields import Fields
from cloudkit.model.resources import Resources

__all__ = ["Rights", "devices_of", "resources_of", "rights_of"]

_AMOUNTS = ("cpu", "memory")

Rights = dict[str, Any]
"""The fields of a spec that say as whom a container runs, and what it may not do."""


def resources_of(container: Fields) -> tuple[Resources, dict[str, int]]:
    """Return the limits and requests of a container, and the devices that it is lent."""
    part = container.part("resources")
    limits, requests = part.part("limits"), part.part("requests")
    amounts = {name: limits.take(name) for name in _AMOUNTS}
    amounts |= {f"{name}_request": requests.take(name) for name in _AMOUNTS}
    for name in _AMOUNTS:
        if amounts[f"{name}_request"] == amounts[name]:
            amounts[f"{name}_request"] = None  # it is the limit where none is given
    devices = devices_of(limits, requests)
    for one in (limits, requests, part):
        one.close()
    return Resources(**amounts), devices


def devices_of(limits: Fields, requests: Fields) -> dict[str, int]:
    """Return the extended resources: those whose name has a domain."""
    names = [name for name in limits.names if "/" in name]
    requests.ignore(*names)
    return {name: int(limits.take(name)) for name in names}


def rights_of(pod: Fields, container: Fields) -> Rights:
    """Return as whom a container runs and what it may not do; what it may besides is named as lost."""
    shared, own = pod.part("securityContext"), container.part("securityContext")
    uid, gid = (_either(own, shared, name) for name in ("runAsUser", "runAsGroup"))
    for part in (shared, own):
        part.ignore("runAsNonRoot", allowPrivilegeEscalation=False, seccompProfile={"type": "RuntimeDefault"})
        part.ignore(privileged=False, procMount="Default", allowPrivilegeEscalation=True, fsGroupChangePolicy="Always")
        part.ignore(fsGroupChangePolicy="OnRootMismatch")
    if uid is not None:
        shared.ignore(fsGroup=gid or uid)
    elif gid is not None:
        own.lose("runAsGroup", "without a user")
    read_only = bool(own.take("readOnlyRootFilesystem"))
    capabilities = own.part("capabilities")
    drop = tuple(capabilities.take("drop") or ())
    for part in (capabilities, shared, own):
        part.close()
    user = None if uid is None else f"{uid}{'' if gid is None else f':{gid}'}"
    return {"user": user, "read_only": read_only, "drop": drop}


def _either(own: Fields, shared: Fields, name: str) -> int | None:
    """Return what a container says, else what its pod says for all."""
    first, second = own.take(name), shared.take(name)
    number: int | None = second if first is None else first
    return number
