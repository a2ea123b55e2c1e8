"""What is known of a replica that is not ready, before anything is concluded from it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from cloudkit.backends.docker.balancer import Server

__all__ = ["Facts", "Listening"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """A TCP port that a replica listens on.

    Args:
        address: The address it is bound to.
        port: The port.
    """

    address: IPv4Address | IPv6Address
    port: int

    @property
    def loopback(self) -> bool:
        """True when only the replica itself reaches it."""
        mapped = getattr(self.address, "ipv4_mapped", None)
        return self.address.is_loopback or bool(mapped and mapped.is_loopback)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One replica that is not ready.

    Args:
        name: Its name, as people see it.
        status: ``created``, ``running``, ``paused``, ``restarting``, ``exited`` or ``dead``.
        exit_code: Its last exit code; None while it has never ended.
        out_of_memory: True when the engine saw the kernel kill it for memory.
        error: The engine's words where it could not start it.
        restarts: How often the engine has restarted it.
        age: Seconds since it last started.
        log: The last lines that it printed.
        server: What its balancer sees of it; None where it has none, or is not known to it.
        health: The last answer of a probe that runs a command; empty while it passes or there is none.
        listening: What it listens on; None when that could not be seen.
        image_platform: What its image is made for; empty when it was not asked.
        engine_platform: What the engine is.
    """

    name: str
    status: str
    exit_code: int | None = None
    out_of_memory: bool = False
    error: str = ""
    restarts: int = 0
    age: float = 0.0
    log: tuple[str, ...] = ()
    server: Server | None = None
    health: str = ""
    listening: tuple[Listening, ...] | None = None
    image_platform: str = ""
    engine_platform: str = ""
