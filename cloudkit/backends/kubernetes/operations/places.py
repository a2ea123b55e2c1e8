"""What is at a path inside a pod, as a shell there sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.operations.execute import converse
from cloudkit.backends.kubernetes.operations.status import lacks, read_status
from cloudkit.errors import BackendError, UnsupportedError, UsageError

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["Place", "find_place", "read_place", "without"]

_LOOK = """
at=$1
if [ -L "$at" ]; then
  [ -e "$at" ] || { printf 'broken\\0%s\\0' "$at"; exit; }
  at=$(readlink -f "$at"; printf .) && at=${at%?.}
fi
if [ -d "$at" ]; then printf 'folder\\0%s\\0' "$at"
elif [ -e "$at" ]; then printf 'file\\0%s\\0' "$at"
else printf 'nothing\\0%s\\0' "$at"
fi
"""


@dataclass(frozen=True, slots=True)
class Place:
    """What a path leads to, links followed."""

    path: str
    folder: bool


def find_place(client: Client, pod: str, path: str) -> Place | None:
    """Return what a path leads to; None when nothing is there.

    Raises:
        NotFoundError: The pod is not there.
        ConflictError: Its container does not run.
        UsageError: It is a link that leads nowhere, or in a circle.
        UnsupportedError: The image has no shell to look with.
    """
    told = bytearray()
    what = f"look at {path} in {pod}"
    with converse(client, pod, ["sh", "-c", _LOOK, "sh", path]) as conversation:
        for _, data in conversation:
            told += data
    ended = read_status(conversation.status, what, pod)
    if lacks(ended, "sh"):
        raise without("sh", pod)
    return read_place(bytes(told), what)


def read_place(told: bytes, what: str) -> Place | None:
    r"""Read what the look has found; pure.

    >>> read_place(b"folder\0/srv/site\0", "look")
    Place(path='/srv/site', folder=True)
    """
    kind, _, rest = told.partition(b"\0")
    path = rest.removesuffix(b"\0").decode(errors="surrogateescape")
    match kind:
        case b"folder" | b"file":
            return Place(path, folder=kind == b"folder")
        case b"nothing":
            return None
        case b"broken":
            raise UsageError(f"{path!r} is a link that leads nowhere")
        case _:
            evidence = [told[:300].decode(errors="replace")]
            raise BackendError(f"cannot {what}: the shell there says something else", evidence=evidence)


def without(tool: str, pod: str) -> UnsupportedError:
    """Return the error for an image that has not got what copying needs."""
    message = f"cannot copy: the image of {pod} has no `{tool}`, which copying on Kubernetes needs"
    return UnsupportedError(message, capability="copy", hint=f"add {tool} to the image, or mount a volume")
