"""What is known of a replica on one engine that is not ready, before anything is concluded from it."""

from __future__ import annotations

from dataclasses import dataclass

from cloudkit.backends.causes.life import Life
from cloudkit.backends.docker.balancer import Server

__all__ = ["Facts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Life):
    """One replica that is not ready.

    Args:
        server: What its balancer sees of it; None where it has none, or is not known to it.
    """

    server: Server | None = None
