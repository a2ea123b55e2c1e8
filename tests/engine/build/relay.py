"""A relay before a real engine, whose connections can be cut as when the engine stops."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["Relay", "relayed"]


class Relay:
    """Passes bytes between clients and an engine until it is cut."""

    def __init__(self, engine: str, path: Path) -> None:
        self.address = f"unix://{path}"
        self._engine = urlsplit(engine)
        self._path = path
        self._open: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection, and refuse new ones."""
        self._path.unlink(missing_ok=True)
        for connection in (self._listener, *self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = self._connect()
                self._open += [near, far]
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=_pass, args=(source, target), daemon=True).start()

    def _connect(self) -> socket.socket:
        if self._engine.scheme == "unix":
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._engine.path)
            return far
        return socket.create_connection((self._engine.hostname, self._engine.port))


def _pass(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def relayed(engine: str, path: Path) -> Iterator[Relay]:
    """Put a relay before an engine; cut it at the end."""
    relay = Relay(engine, path)
    try:
        yield relay
    finally:
        relay.cut()
