"""Whether an engine answers, asked without its client library."""

from __future__ import annotations

import socket
from contextlib import closing
from urllib.parse import urlsplit

__all__ = ["answers"]

REQUEST = b"GET /_ping HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n"


def answers(address: str, timeout: float = 5) -> bool:
    """Tell whether an engine answers at a ``unix://`` or ``tcp://`` address."""
    try:
        with closing(connected(address, timeout)) as connection:
            connection.sendall(REQUEST)
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def connected(address: str, timeout: float) -> socket.socket:
    url = urlsplit(address)
    if url.scheme == "tcp":
        return socket.create_connection((url.hostname or "localhost", url.port or 2375), timeout)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(timeout)
    try:
        connection.connect(url.path)
    except OSError:
        connection.close()
        raise
    return connection
