"""Which port of an app is forwarded, and what its url here is; pure."""

from __future__ import annotations

from cloudkit.errors import UsageError
from cloudkit.model.app import AppSpec
from cloudkit.model.port import LOOPBACK, Port

__all__ = ["forwarded_port", "local_url"]


def forwarded_port(spec: AppSpec, number: int | None) -> Port:
    """Return the port that is meant: the app's first one, or that number, also one that its spec does not name.

    Raises:
        UsageError: The app listens on no port, as far as its spec says.
    """
    if number is not None:
        return next((port for port in spec.ports if port.number == number), Port(number=number, protocol="tcp"))
    if not spec.ports:
        message = f"app {spec.name!r} names no port to forward"
        raise UsageError(message, hint="forward(8080), the port that it listens on")
    return spec.ports[0]


def local_url(port: Port, number: int) -> str:
    """Return where a port is reached that this machine forwards.

    >>> local_url(Port(number=3000), 40001)
    'http://127.0.0.1:40001'
    """
    return f"{port.protocol}://{LOOPBACK}:{number}"
