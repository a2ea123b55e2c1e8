"""What kubeconfig files say of one context: its cluster's entry, its user's, and the folders their paths start from.

Source: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct, field, yaml

from cloudkit.config.cluster import Cluster
from cloudkit.errors import ConfigError

__all__ = ["Entries", "PlaceEntry", "PluginEntry", "UserEntry", "read_entries"]


class PlaceEntry(Struct, frozen=True, rename="kebab"):
    """How a cluster is reached."""

    server: str | None = None
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    insecure_skip_tls_verify: bool | None = None
    tls_server_name: str | None = None
    proxy_url: str | None = None
    disable_compression: bool | None = None
    extensions: tuple[Mapping[str, Any], ...] | None = None


class PluginEntry(Struct, frozen=True, rename="camel"):
    """The command that gives a user's credentials."""

    command: str
    api_version: str
    args: tuple[str, ...] | None = None
    env: tuple[Mapping[str, str], ...] | None = None
    install_hint: str | None = None
    provide_cluster_info: bool | None = None
    interactive_mode: str | None = None


class UserEntry(Struct, frozen=True, rename="kebab"):
    """Who one is."""

    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = None
    token: str | None = None
    token_file: str | None = field(default=None, name="tokenFile")
    username: str | None = None
    password: str | None = None
    as_: str | None = field(default=None, name="as")
    as_uid: str | None = None
    as_groups: tuple[str, ...] | None = None
    as_user_extra: Mapping[str, tuple[str, ...]] | None = None
    auth_provider: Mapping[str, Any] | None = None
    exec_: PluginEntry | None = field(default=None, name="exec")


class _Context(Struct, frozen=True):
    cluster: str | None = None
    user: str | None = None


class _NamedContext(Struct, frozen=True):
    name: str
    context: _Context | None = None


class _NamedPlace(Struct, frozen=True):
    name: str
    cluster: PlaceEntry | None = None


class _NamedUser(Struct, frozen=True):
    name: str
    user: UserEntry | None = None


class _File(Struct, frozen=True):
    contexts: tuple[_NamedContext, ...] | None = None
    clusters: tuple[_NamedPlace, ...] | None = None
    users: tuple[_NamedUser, ...] | None = None


N = TypeVar("N", _NamedContext, _NamedPlace, _NamedUser)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Entries:
    """What the files say of a context. It holds secrets, so it does not show itself.

    Args:
        place: The cluster's entry.
        place_folder: The folder of the file that has it.
        user: The user's entry; an empty one where the context names nobody.
        user_folder: The folder of the file that has it.
    """

    place: PlaceEntry
    place_folder: Path
    user: UserEntry
    user_folder: Path


def read_entries(cluster: Cluster) -> Entries:
    """Read the files of a cluster; the first one that has a name wins.

    Raises:
        ConfigError: The context is gone since it was found.
        OSError: A file cannot be read.
        msgspec.MsgspecError: A file is no kubeconfig.
    """
    files = [(file.absolute().parent, _read(file)) for file in cluster.files if file.is_file()]
    context, _ = _named(cluster.context, ((folder, one.contexts) for folder, one in files))
    place, place_folder = _named(
        (context and context.context and context.context.cluster) or "",
        ((folder, one.clusters) for folder, one in files),
    )
    if place is None or place.cluster is None:
        message = f"context {cluster.context!r} is gone from {', '.join(map(str, cluster.files))} since it was read"
        raise ConfigError(message, hint="kubectl config view")
    user, user_folder = _named(cluster.user, ((folder, one.users) for folder, one in files))
    return Entries(
        place=place.cluster,
        place_folder=place_folder,
        user=(user and user.user) or UserEntry(),
        user_folder=user_folder,
    )


def _read(file: Path) -> _File:
    return yaml.decode(file.read_bytes(), type=_File | None) or _File()


def _named(name: str, files: Iterable[tuple[Path, tuple[N, ...] | None]]) -> tuple[N | None, Path]:
    """Return the first entry of a name, and its folder."""
    for folder, entries in files:
        for entry in entries or ():
            if entry.name == name:
                return entry, folder
    return None, Path()
