"""Whether somebody heals a namespace now."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from cloudkit.backends.docker.names import lease_name
from cloudkit.engine.errors import translate
from cloudkit.errors import NotFoundError

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["is_held"]


def is_held(api: APIClient, namespace: str) -> bool:
    """Return True while a controller holds the right to heal a namespace."""
    name = lease_name(namespace)
    with suppress(NotFoundError), translate(f"look at {name}"):
        return bool(api.inspect_container(name)["State"]["Running"])
    return False
