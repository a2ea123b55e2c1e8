"""What a pod mounts as a spec has it: volumes, folders of its node, memory, and files with their present contents."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cloudkit.backends.adopting.fields import Fields
from cloudkit.backends.kubernetes.adopting.sources import Sources
from cloudkit.model.mount import Mount
from cloudkit.model.secret import Secret

__all__ = ["Mounted", "claims_made", "mounted"]


_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"  # which a cluster mounts into each pod


@dataclass(slots=True)
class Mounted:
    """What a container sees beside its image."""

    mounts: list[Mount] = field(default_factory=list)
    config: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, Secret] = field(default_factory=dict)


def claims_made(templates: Iterable[Mapping[str, Any]]) -> dict[str, Mount]:
    """Return what the volumes of each stateful replica are made as, by name."""
    return {one["metadata"]["name"]: _made(one["metadata"]["name"], one["spec"]) for one in templates}


def _made(name: str, claim: Mapping[str, Any]) -> Mount:
    return Mount(
        target="/-",
        source=name,
        size=((claim.get("resources") or {}).get("requests") or {}).get("storage"),
        storage_class=claim.get("storageClassName") or "",
        shared="ReadWriteMany" in (claim.get("accessModes") or ()),
    )


def mounted(pod: Fields, container: Fields, sources: Sources, own: Mapping[str, Mount]) -> Mounted:
    """Return what a container mounts; what no spec can say is named as lost.

    Args:
        pod: Its pod.
        container: The container.
        sources: What its files come from.
        own: What the volumes of each stateful replica are made as, by name.
    """
    volumes = {one["name"]: one for one in pod.take("volumes") or ()}
    found = Mounted()
    for part in container.parts("volumeMounts"):
        name, target = part.take("name"), part.take("mountPath").rstrip("/") or "/"
        read_only, below = bool(part.take("readOnly")), part.take("subPath") or ""
        part.ignore(recursiveReadOnly="Disabled")
        part.close()
        if target == _TOKEN:
            continue
        if name in own:
            _add(found, part, _like(own[name], target, read_only=read_only), below)
        elif name in volumes:
            _mount(found, part, volumes[name], sources, _Place(target, below, read_only))
    return found


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a volume is mounted, and which part of it."""

    target: str
    below: str
    read_only: bool


def _mount(found: Mounted, part: Fields, volume: Mapping[str, Any], sources: Sources, place: _Place) -> None:
    """Add one mount of a volume; a volume of a kind that no spec has is named as lost."""
    kind = next((one for one in volume if one != "name"), "emptyDir")
    source = volume.get(kind) or {}
    if kind == "persistentVolumeClaim":
        read_only = place.read_only or bool(source.get("readOnly"))
        _add(found, part, Mount(target=place.target, source=source["claimName"], read_only=read_only), place.below)
    elif kind == "hostPath":
        mount = Mount(target=place.target, source=source["path"], kind="bind", read_only=place.read_only)
        _add(found, part, mount, place.below)
    elif kind == "emptyDir" and source.get("medium") == "Memory":
        _add(found, part, Mount(target=place.target, kind="tmpfs"), place.below)
    elif kind == "configMap":
        found.config |= dict(_files(sources.configs.get(source["name"], {}), source, place))
    elif kind == "secret":
        hidden = sources.secrets.get(source["secretName"], {})
        found.secrets |= {path: Secret(text) for path, text in _files(hidden, source, place)}
    else:
        part.lose(kind, f"mounted at {place.target}")


def _add(found: Mounted, part: Fields, mount: Mount, below: str) -> None:
    if below:
        part.lose("subPath", f"{mount.target} is a part of a volume")
    else:
        found.mounts.append(mount)


def _like(made: Mount, target: str, *, read_only: bool) -> Mount:
    return Mount(
        target=target,
        source=made.source,
        read_only=read_only,
        size=made.size,
        storage_class=made.storage_class,
        shared=made.shared,
    )


def _files(data: Mapping[str, str], source: Mapping[str, Any], place: _Place) -> Iterator[tuple[str, str]]:
    """Yield the files that a ConfigMap or a Secret is in a container, by path."""
    items = source.get("items")
    named = {one["path"]: one["key"] for one in items} if items else {key: key for key in data}
    for path, key in named.items():
        if key not in data:
            continue
        if place.below == path:
            yield place.target, data[key]
        elif not place.below:
            yield posixpath.join(place.target, path), data[key]
