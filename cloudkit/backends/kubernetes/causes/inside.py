"""Look into a container: what it printed last, and where it listens."""

from __future__ import annotations

import time
from collections import deque
from contextlib import closing
from typing import TYPE_CHECKING

from cloudkit.backends.causes.life import Listening
from cloudkit.backends.causes.sockets import listening_in
from cloudkit.backends.kubernetes.errors import translate
from cloudkit.backends.kubernetes.objects import ContainerStatus
from cloudkit.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from websocket import WebSocket

    from cloudkit.backends.kubernetes.client import Client

__all__ = ["last_lines", "listening_inside"]

TAIL = 12
MOST = 4 << 20
"""Bytes of a log that are read at the most."""
WIDTH = 4096
PATIENCE = 5.0
"""Seconds that a node may take to let one look into a container."""
_SOCKETS = ("cat", "/proc/net/tcp", "/proc/net/tcp6")
_STDOUT, _STATUS = 1, 3


def last_lines(client: Client, path: str, status: ContainerStatus) -> tuple[str, ...]:
    """Return the last lines that a container printed: those of its previous life where the present one is none.

    Args:
        client: The API server.
        path: The pod.
        status: What its node says of the container.
    """
    between = status.state.running is None and status.state.terminated is None
    if between and status.last_state.terminated is not None:
        try:
            return _lines(client, path, status.name, previous=True)
        except (NotFoundError, UsageError):  # it was started again meanwhile
            pass
    return _lines(client, path, status.name, previous=False)


def _lines(client: Client, path: str, container: str, *, previous: bool) -> tuple[str, ...]:
    query = {"container": container, "tailLines": str(TAIL), "previous": "true" if previous else "false"}
    lines: deque[bytes] = deque([b""], maxlen=TAIL + 1)
    read = 0
    with client.stream(f"{path}/log", query, patience=PATIENCE) as chunks:
        for chunk in chunks:
            read += len(chunk)
            first, *rest = chunk.split(b"\n")
            lines[-1] = (lines[-1] + first)[:WIDTH]
            lines.extend(one[:WIDTH] for one in rest)
            if read >= MOST:
                break
    return tuple(one.decode(errors="replace").rstrip("\r") for one in lines if one)[-TAIL:]


def listening_inside(client: Client, path: str, container: str) -> tuple[Listening, ...] | None:
    """Return where a container listens, as its own ``cat`` reads it; None when it has none or does not say."""
    words = [("container", container), ("stdout", "true"), *(("command", word) for word in _SOCKETS)]
    what = f"see where {path} listens"
    with translate(what, client.cluster), closing(client.socket(f"{path}/exec", words)) as socket:
        table = _output(socket)
    return listening_in(table) if "local_address" in table else None


def _output(socket: WebSocket) -> str:
    """Read what a command prints until its status comes; what takes too long is cut."""
    output, ends = b"", time.monotonic() + PATIENCE
    while (left := ends - time.monotonic()) > 0:
        socket.settimeout(left)
        frame = socket.recv()
        data = frame.encode() if isinstance(frame, str) else bytes(frame)
        if not data or data[0] == _STATUS:
            break
        if data[0] == _STDOUT:
            output += data[1:]
    return output.decode(errors="replace")
