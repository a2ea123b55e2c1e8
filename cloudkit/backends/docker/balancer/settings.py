"""What an app's balancer needs to know of the app."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from cloudkit.model.app import AppSpec
from cloudkit.model.port import Port
from cloudkit.model.probe import ExecProbe, HttpProbe, Probe, TcpProbe
from cloudkit.model.refusal import refusal

__all__ = ["BalancerSettings", "Check", "Route", "balanced", "settings_for"]

_PATH = re.compile(r"/[A-Za-z0-9/._~!$&()*+,;=:@%?-]{0,1023}")
_APP = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """How the balancer asks each replica whether it is ready.

    Args:
        port: The port that is asked.
        path: What is requested; None only opens a connection.
        period: Seconds between two checks of a replica whose state is settled.
        timeout: Seconds that an answer may take.
        rise: Passed checks that make it ready.
        fall: Failed checks that make it unready.
    """

    port: int
    path: str | None = None
    period: float = 1.0
    timeout: float = 1.0
    rise: int = 1
    fall: int = 3

    def __post_init__(self) -> None:
        """Refuse what could not stand in the configuration, or would stand for something else there."""
        _port("check.port", self.port)
        if self.path is not None and not _PATH.fullmatch(self.path):
            raise refusal("probe.path", self.path, "a path of a URL, with anything unusual in it percent-encoded")
        for field in ("period", "timeout"):
            if not 0.001 <= getattr(self, field) <= _LONGEST:
                raise refusal(f"probe.{field}", getattr(self, field), f"seconds from 0.001 to {_LONGEST:g}")
        for field in ("rise", "fall"):
            if not 1 <= getattr(self, field) <= 10_000:
                raise refusal(f"check.{field}", getattr(self, field), "a number from 1 to 10000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One group of servers: the port they listen on, and how it is balanced.

    Args:
        name: What HAProxy calls it.
        port: The port, the same at the balancer and at the replicas.
        protocol: Whether requests or connections are balanced.
        listens: False when the balancer only checks that port and passes nothing on.
    """

    name: str
    port: int
    protocol: Literal["http", "tcp"] = "http"
    listens: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancerSettings:
    """All of an app that shapes its balancer; equal settings render to equal text.

    Args:
        app: The app's name, which is also the name that checks ask for.
        ports: The ports that it passes on.
        check: How replicas are checked; None takes each for ready.
        drain: Seconds that requests in flight may take when the balancer itself gives way to its successor.
        connections: The most client connections at a time.
        threads: How many threads it uses.
    """

    app: str
    ports: tuple[Port, ...] = ()
    check: Check | None = None
    drain: float = 30.0
    connections: int = 4096
    threads: int = 2

    def __post_init__(self) -> None:
        """Refuse what could not stand in the configuration."""
        if not _APP.fullmatch(self.app):
            raise refusal("app", self.app, "a DNS label")
        for port in self.ports:
            _port("port", port.number)
            if port.protocol not in {"http", "tcp"}:
                raise refusal("port.protocol", port.protocol, "http or tcp")
        if not self.ports and self.check is None:
            raise refusal("ports", self.ports, "at least one port, or a probe that names one")

    @property
    def routes(self) -> tuple[Route, ...]:
        """The groups of servers, the first port's first."""
        if self.ports:
            return tuple(Route(name=f"port-{p.number}", port=p.number, protocol=p.protocol) for p in self.ports)
        assert self.check is not None  # noqa: S101  # held on construction
        return (Route(name="probe", port=self.check.port, protocol="tcp", listens=False),)


def balanced(spec: AppSpec) -> bool:
    """True when an app has a balancer: it has a port, or a probe that asks one."""
    return bool(spec.ports) or _check(spec) is not None


def settings_for(spec: AppSpec) -> BalancerSettings:
    """Return what an app's balancer needs to know of it.

    >>> from cloudkit.model.reference import Reference
    >>> image = Reference.parse("web@sha256:" + "0" * 64)
    >>> spec = AppSpec(name="web", image=image, ports=(Port(number=3000),), readiness=HttpProbe(path="/health"))
    >>> settings_for(spec).check
    Check(port=3000, path='/health', period=1.0, timeout=1.0, rise=1, fall=3)
    """
    return BalancerSettings(app=spec.name, ports=spec.ports, check=_check(spec), drain=spec.rollout.drain)


def _check(spec: AppSpec) -> Check | None:
    """Read the readiness probe; a command as probe leaves the balancer to see whether the port is open."""
    probe: Probe = spec.readiness or TcpProbe()
    first = spec.ports[0].number if spec.ports else None
    port = first if isinstance(probe, ExecProbe) else probe.port or first
    if port is None:
        return None
    return Check(
        port=port,
        path=probe.path if isinstance(probe, HttpProbe) else None,
        period=probe.period,
        timeout=probe.timeout,
        rise=probe.success_threshold,
        fall=probe.failure_threshold,
    )


def _port(field: str, number: int) -> None:
    if not 1 <= number <= 65535:
        raise refusal(field, number, "a number from 1 to 65535")
