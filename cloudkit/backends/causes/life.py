"""What is known of a replica that is not ready, whatever runs it, before anything is concluded from it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

__all__ = ["Life", "Listening"]


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
class Life:
    """One replica that is not ready: how it lives, or ended.

    Args:
        name: Its name, as people see it.
        status: ``created``, ``running``, ``paused``, ``restarting``, ``exited`` or ``dead``.
        exit_code: Its last exit code; None while it has never ended.
        out_of_memory: True when the kernel was seen to kill it for memory.
        error: The words of what runs it where it could not be started.
        restarts: How often it was started again.
        age: Seconds since it last started.
        log: The last lines that it printed.
        health: The last answer of a probe that runs a command; empty while it passes or there is none.
        listening: What it listens on; None when that could not be seen.
        image_platform: What its image is made for; empty when it was not asked.
        engine_platform: What the machine is that runs it.
        host: What runs it, as people call it: ``the engine``, or a node by its name.
        space: The command that frees space on it.
    """

    name: str
    status: str
    exit_code: int | None = None
    out_of_memory: bool = False
    error: str = ""
    restarts: int = 0
    age: float = 0.0
    log: tuple[str, ...] = ()
    health: str = ""
    listening: tuple[Listening, ...] | None = None
    image_platform: str = ""
    engine_platform: str = ""
    host: str = "the engine"
    space: str = "docker system df; docker builder prune; docker image prune"
