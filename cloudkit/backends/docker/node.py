"""The engine's machine as a node: its labels, its devices, and whose replicas run on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cloudkit.backends.docker.observe import observe
from cloudkit.backends.onenode import OneNode
from cloudkit.engine.errors import translate

if TYPE_CHECKING:
    from cloudkit.engine.connect import Engine

__all__ = ["GPUS", "device_requests", "engine_node"]

GPUS = "nvidia.com/gpu"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}


def engine_node(engine: Engine, namespace: str) -> OneNode:
    """Return the machine of an engine: the labels that the engine was given, and those that every node has."""
    with translate("ask the engine for its labels"):
        info: dict[str, Any] = engine.client.info()
    there = observe(engine.api, namespace)
    running = [name for name, seen in there.items() if any(one.state == "running" for one in seen.replicas)]
    return OneNode(labels=node_labels(info), devices=dict(_devices(info)), apps=frozenset(running))


def node_labels(info: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels of an engine's machine.

    >>> node_labels({"Name": "box", "OSType": "linux", "Architecture": "x86_64", "Labels": ["disk=ssd", "old"]})["disk"]
    'ssd'
    """
    own = dict(text.partition("=")[::2] for text in info.get("Labels") or ())
    machine = str(info.get("Architecture") or "")
    return {
        "kubernetes.io/hostname": str(info.get("Name") or ""),
        "kubernetes.io/os": str(info.get("OSType") or ""),
        "kubernetes.io/arch": _ARCHITECTURES.get(machine, machine),
        **own,
    }


def device_requests(devices: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the devices that a container asks for, in the engine's words.

    >>> device_requests({"nvidia.com/gpu": 2})
    [{'Driver': 'nvidia', 'Count': 2, 'Capabilities': [['gpu']]}]
    """
    return [{"Driver": "nvidia", "Count": count, "Capabilities": [["gpu"]]} for count in devices.values()]


def _devices(info: Mapping[str, Any]) -> Iterator[tuple[str, None]]:
    """Yield the devices that containers can be lent; the engine counts none."""
    if "nvidia" in (info.get("Runtimes") or {}):
        yield GPUS, None
