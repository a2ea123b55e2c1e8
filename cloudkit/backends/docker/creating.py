"""Create a container under a name that another may have had a moment ago."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cloudkit.backends.docker.labels import MANAGED_BY, OWNER
from cloudkit.engine.errors import translate
from cloudkit.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docker import APIClient

__all__ = ["create_named"]

GONE = 10.0  # seconds in which a container that is being removed has gone, or will not
POLL = 0.05


def create_named(api: APIClient, name: str, config: Mapping[str, Any]) -> str:
    """Create a container and return its identifier; empty where another writer has made it.

    One that is being removed is waited for, as it has the name until then.

    Raises:
        ConflictError: The name is somebody else's container's.
    """
    ends = time.monotonic() + GONE
    while True:
        try:
            with translate(f"create replica {name}"):
                return str(api.create_container(**config)["Id"])
        except ConflictError as error:
            holder = _holder(api, name)
            if holder is not None and holder["State"]["Status"] != "removing":
                if _ours(holder):
                    return ""
                raise _taken(name, holder) from error
            if time.monotonic() >= ends:
                raise
            time.sleep(POLL)


def _holder(api: APIClient, name: str) -> dict[str, Any] | None:
    with suppress(NotFoundError), translate(f"see who has the name {name}"):
        found: dict[str, Any] = api.inspect_container(name)
        return found
    return None


def _ours(holder: Mapping[str, Any]) -> bool:
    return (holder["Config"].get("Labels") or {}).get(MANAGED_BY) == OWNER


def _taken(name: str, holder: Mapping[str, Any]) -> ConflictError:
    message = f"a container {name!r} is there already, which is not cloudkit's"
    return ConflictError(message, evidence=[f"image {holder['Config'].get('Image')}"], hint=f"docker rename {name}")
