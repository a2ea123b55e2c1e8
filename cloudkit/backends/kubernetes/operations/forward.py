"""Reach a port of a pod from this machine, through the API server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from cloudkit.backends.forwarding import local_url
from cloudkit.backends.kubernetes.objects import Pod
from cloudkit.backends.kubernetes.operations.channels import cut, keep_alive
from cloudkit.backends.kubernetes.operations.logs import pods_of
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.relay import relayed_port
from cloudkit.errors import NotFoundError
from cloudkit.model.port import Port

if TYPE_CHECKING:
    from websocket import WebSocket

    from cloudkit.backends.kubernetes.client import Client

__all__ = ["choose", "forward", "is_ready"]

DATA, ERROR = 0, 1
PIECE = 32768
_PORT = 2  # bytes with which each channel begins: the port, again


@contextmanager
def forward(client: Client, app: str, port: Port, *, replica: str | None = None) -> Iterator[str]:
    """Forward a port of loopback to an app while the block lasts, and give its url.

    Each connection goes to a pod that is ready when it begins, so that new ones find their way also after a roll.

    Raises:
        NotFoundError: There is no such replica, or none that is ready.
        AccessError: The credentials do not allow to forward.
    """
    _open(client, app, port, replica).close()
    with relayed_port(lambda: _open(client, app, port, replica)) as number:
        yield local_url(port, number)


def _open(client: Client, app: str, port: Port, replica: str | None) -> _PodPeer:
    pod = choose(pods_of(client, app), app, replica)
    path = object_path("pods", client.namespace, pod.metadata.name, "portforward")
    return _PodPeer(client.socket(path, [("ports", str(port.number))]))


def choose(pods: tuple[Pod, ...], app: str, replica: str | None) -> Pod:
    """Return the named pod, or the first that is ready; pure."""
    if replica is not None:
        wanted = [pod for pod in pods if replica in {pod.metadata.name, pod.metadata.uid}]
    else:
        wanted = [pod for pod in pods if is_ready(pod)]
    if wanted:
        return wanted[0]
    there = ", ".join(pod.metadata.name for pod in pods) or "none"
    what = f"replica {replica!r} of app {app!r}" if replica else f"ready replica of app {app!r}"
    raise NotFoundError(f"there is no {what}; there are: {there}", hint=f"cloudkit status {app}")


def is_ready(pod: Pod) -> bool:
    """Tell whether a pod takes requests and is not on its way out."""
    ready = any(one.type == "Ready" and one.status == "True" for one in pod.status.conditions)
    return ready and pod.metadata.deletion_timestamp is None


class _PodPeer:
    """One connection to a port of a pod; the protocol has no word for the end of one side."""

    def __init__(self, connection: WebSocket) -> None:
        self._connection = connection
        self._begun: set[int] = set()
        keep_alive(connection)

    def read(self) -> bytes:
        """Return what comes next; empty at the end, also when nobody listens on that port."""
        from websocket import ABNF, WebSocketException

        with suppress(WebSocketException, OSError, ValueError, AttributeError):
            while True:
                code, message = self._connection.recv_data()
                if code == ABNF.OPCODE_CLOSE:
                    break
                if data := self._data(message):
                    return data
                if message[:1] == bytes([ERROR]) and len(message) > 1 + _PORT:
                    break
        return b""

    def _data(self, message: bytes) -> bytes:
        """Return what a message holds of the connection's bytes."""
        if not message:
            return b""
        channel, content = message[0], message[1:]
        if channel not in self._begun:
            self._begun.add(channel)
            content = content[_PORT:]
        return content if channel == DATA else b""

    def write(self, data: bytes) -> None:
        """Send bytes."""
        from websocket import WebSocketException

        with suppress(WebSocketException, OSError, AttributeError):
            for at in range(0, len(data), PIECE):
                self._connection.send_binary(bytes([DATA]) + data[at : at + PIECE])

    def end(self) -> None:
        """Send nothing more."""

    def close(self) -> None:
        """End it."""
        cut(self._connection)
