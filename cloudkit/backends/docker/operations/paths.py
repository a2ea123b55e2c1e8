"""What is at a path inside a container, as the engine sees it; it need not run."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from cloudkit.backends.docker.operations.streams import url
from cloudkit.engine.errors import explain, translate
from cloudkit.errors import BackendError, UsageError

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["Place", "find_place"]

LINKS = 40
"""Links in a row after which a path is taken for a circle, as the kernel does."""
_FOLDER = 1 << 31  # the bits of Go's os.FileMode
_LINK = 1 << 27


@dataclass(frozen=True, slots=True)
class Place:
    """What a path leads to, links followed."""

    path: str
    folder: bool
    size: int = 0  # bytes of a file


def find_place(api: APIClient, container: str, path: str) -> Place | None:
    """Return what a path leads to; None when nothing is there.

    Raises:
        NotFoundError: The container is not there.
        UsageError: The links go in a circle.
    """
    at = path
    for _ in range(LINKS):
        with translate(f"look at {path}"):
            answer = api.head(url(api, "containers", container, "archive"), params={"path": at}, timeout=api.timeout)
        if answer.status_code == 404:
            with translate(f"look at {path}"):
                api.inspect_container(container)  # tells a container that is gone from a path that is not there
            return None
        if answer.status_code >= 400:
            raise explain(f"look at {path}", answer.reason or "no reason given", status=answer.status_code)
        mode, target, size = _seen(answer.headers.get("X-Docker-Container-Path-Stat", ""))
        if not mode & _LINK:
            return Place(at, folder=bool(mode & _FOLDER), size=size)
        at = target if target.startswith("/") else str(PurePosixPath(at).parent / target)
    raise UsageError(f"{path!r} is a circle of links")


def _seen(header: str) -> tuple[int, str, int]:
    try:
        found = json.loads(b64decode(header))
        return int(found["mode"]), str(found.get("linkTarget") or ""), int(found.get("size") or 0)
    except (ValueError, KeyError, TypeError) as error:
        raise BackendError("the engine does not say what is at that path", evidence=[header[:200]]) from error
