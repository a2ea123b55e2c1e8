"""The Secrets and ConfigMaps that a pod reads, as far as a spec takes over what stands in them."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.errors import NotFoundError

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["Sources", "read_sources"]

_RESOURCES = {"secret": "secrets", "config": "configmaps"}


@dataclass(frozen=True, slots=True)
class Sources:
    """What was read, as text by key; what is no text is left out.

    Args:
        secrets: The data of Secrets, by name.
        configs: The data of ConfigMaps, by name.
    """

    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    configs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Sources({sorted(self.secrets)}, {sorted(self.configs)})"


def read_sources(client: Client, pod: Mapping[str, Any]) -> Sources:
    """Read what a pod's variables and files come from; one that is not there has nothing.

    Args:
        client: A connection to the API server.
        pod: The ``spec`` of a pod.
    """
    found: dict[str, dict[str, Mapping[str, str]]] = {"secret": {}, "config": {}}
    for kind, name in _named(pod):
        with suppress(NotFoundError):
            body = client.raw(object_path(_RESOURCES[kind], client.namespace, name))
            data = body.get("data") or {}
            found[kind][name] = dict(_decoded(data)) if kind == "secret" else data
    return Sources(found["secret"], found["config"])


def _decoded(data: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        with suppress(UnicodeDecodeError):
            yield key, b64decode(value).decode()


def _named(pod: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """Return the Secrets and ConfigMaps that a pod names."""
    named = list[tuple[str, str]]()
    for container in pod.get("containers") or ():
        values = [one.get("valueFrom") or {} for one in container.get("env") or ()]
        named += [("secret", one["secretKeyRef"]["name"]) for one in values if "secretKeyRef" in one]
        named += [("config", one["configMapKeyRef"]["name"]) for one in values if "configMapKeyRef" in one]
        whole = container.get("envFrom") or ()
        named += [("secret", one["secretRef"]["name"]) for one in whole if "secretRef" in one]
        named += [("config", one["configMapRef"]["name"]) for one in whole if "configMapRef" in one]
    for volume in pod.get("volumes") or ():
        named += [("secret", volume["secret"]["secretName"])] if "secret" in volume else []
        named += [("config", volume["configMap"]["name"])] if "configMap" in volume else []
    return frozenset(named)
