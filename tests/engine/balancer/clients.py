"""What tests do with a balancer: put replicas behind it, ask it, wait."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable

from engine.balancer.place import Place

from cloudkit.backends.docker.balancer import Balancer

__all__ = ["answers", "ask", "attempt", "get", "port_of", "serve", "until", "unused"]


def serve(place: Place, front: Balancer, *names: str) -> dict[str, str]:
    """Start replicas and send them requests once they answer; return their addresses."""
    addresses = {name: place.replica(name) for name in names}
    for name, address in addresses.items():
        front.admit(name, address)
    for name in names:
        until(lambda name=name: front.up(name))
        front.enable(name)
    return addresses


def port_of(front: Balancer, number: int = 3000) -> int:
    """Return the port of the host that the engine chose."""
    return front.published()[number][1]


def get(port: int, path: str = "/", *, method: str = "GET", timeout: float = 10) -> str:
    """Send one request on a connection of its own and return what came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        return ask(connection, path, method)
    finally:
        connection.close()


def until(done: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until ``done``; fail when it does not come true in time."""
    ends = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < ends, "it did not come true in time"
        time.sleep(0.01)


def ask(connection: http.client.HTTPConnection, path: str = "/", method: str = "GET") -> str:
    """Send a request on a connection and return what came; raise when it was not 200."""
    connection.request(method, path)
    response = connection.getresponse()
    body = response.read().decode()
    if response.status != 200:
        raise http.client.HTTPException(f"{response.status} {body[:80]}")
    return body


def attempt(port: int, method: str) -> str:
    """Return who answered, ``failed`` when nobody did."""
    try:
        return get(port, method=method)
    except (OSError, http.client.HTTPException):
        return "failed"


def answers(port: int | None) -> str:
    """Return who answers at a port of the host, nothing while nobody does."""
    return attempt(port or 0, "GET")


def unused() -> int:
    """Return a port on loopback that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
