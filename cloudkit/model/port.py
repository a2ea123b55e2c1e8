"""A port that an app listens on, and where the engine publishes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["LOOPBACK", "Port"]

LOOPBACK = "127.0.0.1"


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
