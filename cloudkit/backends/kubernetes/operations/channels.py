"""Take a two-way connection to a pod apart: output, input, the window's size, and how the command ended.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/ and the protocols ``v4.channel.k8s.io`` and
``v5.channel.k8s.io``: each message begins with the number of its channel.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from cloudkit.backends.kubernetes.websocket import V5, subprotocol
from cloudkit.errors import BackendError

if TYPE_CHECKING:
    from websocket import WebSocket

__all__ = ["CLOSE", "ERROR", "RESIZE", "STDERR", "STDIN", "STDOUT", "Conversation", "cut", "keep_alive"]

STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
PIECE = 32768
_KEEP_ALIVE = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))


class Conversation:
    """A command in a pod, joined to this side: bytes both ways, and in the end its status.

    Args:
        connection: The connection, just opened.
    """

    def __init__(self, connection: WebSocket) -> None:
        self._connection = connection
        self._status = bytearray()
        self.ends_input = subprotocol(connection) == V5
        keep_alive(connection)

    @property
    def status(self) -> bytes:
        """What the node said of the end, as JSON; empty before it, and when the connection broke."""
        return bytes(self._status)

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """Yield channel and bytes of what is printed, to the end; a connection that breaks is an end."""
        from websocket import ABNF, WebSocketException

        with suppress(WebSocketException, OSError, ValueError, AttributeError):  # the last: closed by another thread
            while True:
                code, message = self._connection.recv_data()
                if code == ABNF.OPCODE_CLOSE:
                    return
                if not message:
                    continue
                if message[0] == ERROR:
                    self._status += message[1:]
                elif len(message) > 1:
                    yield message[0], message[1:]

    def write(self, data: bytes) -> None:
        """Send bytes to the command; one that has ended is no error, as its exit code says more."""
        for at in range(0, len(data), PIECE):
            self._send(bytes([STDIN]) + data[at : at + PIECE])

    def end_input(self) -> None:
        """Say that nothing more will be sent; what the command prints still comes."""
        self._send(bytes([CLOSE, STDIN]))

    def resize(self, rows: int, columns: int) -> None:
        """Say how large the window is."""
        self._send(bytes([RESIZE]) + json.dumps({"Width": columns, "Height": rows}).encode())

    def close(self) -> None:
        """End it, also while another thread reads; calling it twice is no error."""
        cut(self._connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _send(self, message: bytes) -> None:
        from websocket import WebSocketException

        with suppress(WebSocketException, OSError, AttributeError):
            self._connection.send_binary(message)


def cut(connection: WebSocket) -> None:
    """End a connection, so that a thread that reads from it wakes up; doing it twice is no error."""
    if (plain := connection.sock) is not None:
        with suppress(OSError):
            socket.socket.shutdown(plain, socket.SHUT_RDWR)  # TLS's own would take its state from under the reader
        plain.close()


def keep_alive(connection: WebSocket) -> None:
    """Notice within a minute when the other side is gone without a word."""
    plain: socket.socket | ssl.SSLSocket | None = connection.sock
    if plain is None:
        raise BackendError("the connection to the API server is closed", hint="cloudkit doctor")
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE:
        if hasattr(socket, name):
            plain.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
