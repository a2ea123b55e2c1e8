"""Read the contexts that kubectl keeps: which one is current, where it leads, which namespace it names.

Source: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/: of several files, the
first one that sets a value wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec import MsgspecError, Struct, yaml

from cloudkit.errors import ConfigError

__all__ = ["Kubeconfig", "Place", "read_kubeconfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a context leads.

    Args:
        server: The API server's address.
        user: Whom it names; may be empty.
        namespace: The namespace that it names; may be empty.
        file: The file that has it.
    """

    server: str
    user: str
    namespace: str
    file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Kubeconfig:
    """What the files say together.

    Args:
        current: The current context; empty when none is.
        current_file: The file that says so.
        contexts: All contexts by name.
    """

    current: str
    current_file: Path | None
    contexts: Mapping[str, Place]


class _Context(Struct, frozen=True):
    cluster: str = ""
    user: str = ""
    namespace: str = ""


class _NamedContext(Struct, frozen=True):
    name: str
    context: _Context | None = None


class _Server(Struct, frozen=True):
    server: str = ""


class _NamedServer(Struct, frozen=True):
    name: str
    cluster: _Server | None = None


class _File(Struct, frozen=True, rename="kebab"):
    current_context: str | None = None
    contexts: tuple[_NamedContext, ...] | None = None
    clusters: tuple[_NamedServer, ...] | None = None


def read_kubeconfig(files: tuple[Path, ...]) -> Kubeconfig:
    """Return what the files say together.

    Raises:
        ConfigError: One of them cannot be read, or is no kubeconfig.
    """
    read = [(file, _read(file)) for file in files]
    servers: dict[str, str] = {}
    for _, content in read:
        for one in content.clusters or ():
            servers.setdefault(one.name, one.cluster.server if one.cluster else "")
    contexts: dict[str, Place] = {}
    for file, content in read:
        for named in content.contexts or ():
            found = named.context or _Context()
            server = servers.get(found.cluster, "").rstrip("/")
            place = Place(server=server, user=found.user, namespace=found.namespace, file=file)
            contexts.setdefault(named.name, place)
    current = next(((content.current_context, file) for file, content in read if content.current_context), ("", None))
    return Kubeconfig(current=current[0] or "", current_file=current[1], contexts=contexts)


def _read(file: Path) -> _File:
    try:
        return yaml.decode(file.read_bytes(), type=_File | None) or _File()
    except (OSError, MsgspecError) as error:
        text = " ".join(str(error).split())[:300]
        raise ConfigError(f"cannot read {file}: {text}", hint="kubectl config view") from error
