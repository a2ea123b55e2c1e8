"""A port that an app listens on, and where the engine publishes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cloudkit.model.checks import check_choice, check_integer
from cloudkit.model.frozen import chosen
from cloudkit.model.refusal import refusal

__all__ = ["LAST_PORT", "LOOPBACK", "PROTOCOLS", "Port"]

LOOPBACK = "127.0.0.1"
LAST_PORT = 65_535
PROTOCOLS = ("http", "tcp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A port that an app listens on.

    Args:
        number: The port inside the replica, from 1 to 65535.
        publish: The port of the host that reaches the app; 0 lets the engine choose a free one; None keeps it private.
        host: The address of the host that publishes; loopback unless asked otherwise.
        protocol: ``http`` balances and retries each request; ``tcp`` balances each connection.
    """

    number: int
    publish: int | None = None
    host: str = LOOPBACK
    protocol: Literal["http", "tcp"] = "http"

    __repr__ = chosen

    def __post_init__(self) -> None:
        check_integer("port", self.number, 1, LAST_PORT)
        check_integer("publish", self.publish, 0, LAST_PORT, optional=True)
        check_choice("protocol", self.protocol, PROTOCOLS)
        if self.host != LOOPBACK:
            _check_address(self.host)


def _check_address(host: object) -> None:
    from ipaddress import ip_address

    try:
        zoned = ip_address(host if isinstance(host, str) else "").compressed.partition("%")[1]
    except ValueError:
        zoned = "%"
    if zoned:
        raise refusal("host", host, "an IP address of the engine's host, such as 127.0.0.1, 0.0.0.0 or ::")
