"""Reach a port of an app's containers from the engine's own machine."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cloudkit.backends.forwarding import local_url
from cloudkit.backends.relay import SocketPeer, relayed_port
from cloudkit.errors import BackendError, UnsupportedError
from cloudkit.model.port import Port

__all__ = ["forward"]

PATIENCE = 5.0
"""Seconds that a container may take to answer."""


@contextmanager
def forward(address: Callable[[], str], port: Port, *, endpoint: str) -> Iterator[str]:
    """Forward a port of loopback to a container's while the block lasts, and give its url.

    Args:
        address: Says where the container is, each time that a connection begins.
        port: The port inside.
        endpoint: Where the engine is: the addresses of its containers are known on its own machine alone.

    Raises:
        UnsupportedError: The engine is on another machine, or in a virtual one.
    """
    where = address()
    if not endpoint.startswith("unix://") or not _is_near(where, port.number):
        message = f"cannot forward: the containers of the engine at {endpoint} cannot be reached from here"
        raise UnsupportedError(message, capability="forward", hint="deploy(publish=...) and its url")
    with relayed_port(lambda: _connected(address(), port.number)) as number:
        yield local_url(port, number)


def _is_near(address: str, port: int) -> bool:
    """Tell whether a container's address is reached from here: a refusal is an answer, too."""
    try:
        socket.create_connection((address, port), PATIENCE).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return True


def _connected(address: str, port: int) -> SocketPeer:
    try:
        connection = socket.create_connection((address, port), PATIENCE)
    except OSError as error:
        raise BackendError(f"nobody answers at {address}:{port}", evidence=[str(error)]) from error
    connection.settimeout(None)
    return SocketPeer(connection)
