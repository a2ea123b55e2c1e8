"""The names of what the Docker backend owns; the namespace and its dot keep them apart from everybody else's."""

from __future__ import annotations

import secrets

__all__ = [
    "balancer_name",
    "files_name",
    "lease_name",
    "network_name",
    "record_name",
    "replica_name",
    "shown",
    "volume_name",
]

SHARED = "default"
_ALPHABET = "bcdfghjkmnpqrstvwxz2456789"  # no vowels and no look-alikes, as Kubernetes' own suffixes


def replica_name(namespace: str, app: str, revision: int, number: str = "") -> str:
    """Return a new replica's name, such as ``cloudkit.web-2-x7k4m``, or the name of its number where it has one.

    >>> replica_name("cloudkit", "db", 2, "db-0")
    'cloudkit.db-0'
    """
    if number:
        return f"{namespace}.{number}"
    suffix = "".join(secrets.choice(_ALPHABET) for _ in range(5))
    return f"{namespace}.{app}-{revision}-{suffix}"


def balancer_name(namespace: str, app: str) -> str:
    """Return the name of an app's balancer.

    >>> balancer_name("cloudkit", "web")
    'cloudkit.web.balancer'
    """
    return f"{namespace}.{app}.balancer"


def files_name(namespace: str, app: str, revision: int, index: int) -> str:
    """Return the name of the volume with one folder of a revision's files.

    >>> files_name("cloudkit", "web", 3, 0)
    'cloudkit.web.files.3.0'
    """
    return f"{namespace}.{app}.files.{revision}.{index}"


def lease_name(namespace: str) -> str:
    """Return the name of what is there while somebody heals the namespace.

    >>> lease_name("cloudkit")
    'cloudkit.controller'
    """
    return f"{namespace}.controller"


def record_name(namespace: str, app: str, generation: int) -> str:
    """Return the name of a generation's record; that names are unique makes it a compare-and-swap.

    >>> record_name("cloudkit", "web", 3)
    'cloudkit.web.generation.3'
    """
    return f"{namespace}.{app}.generation.{generation}"


def network_name(namespace: str, network: str = SHARED) -> str:
    """Return the engine's name of a network; ``default`` is the one that all apps share.

    >>> network_name("cloudkit"), network_name("cloudkit", "private")
    ('cloudkit', 'cloudkit.private')
    """
    return namespace if network == SHARED else f"{namespace}.{network}"


def volume_name(namespace: str, volume: str) -> str:
    """Return the engine's name of a volume."""
    return f"{namespace}.{volume}"


def shown(namespace: str, name: str) -> str:
    """Return a container's name as people see it: without the namespace.

    >>> shown("cloudkit", "/cloudkit.web-2-x7k4m")
    'web-2-x7k4m'
    """
    return name.lstrip("/").removeprefix(f"{namespace}.")
