"""What an app's balancer needs to know of the app."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cloudkit.backends.moved import moved_ports
from cloudkit.model.app import AppSpec
from cloudkit.model.port import Port
from cloudkit.model.probe import ExecProbe, HttpProbe, Probe, TcpProbe
from cloudkit.model.refusal import refusal

__all__ = ["BalancerSettings", "Check", "Route", "balanced", "front_ports", "settings_for"]

_PATH = re.compile(r"/[A-Za-z0-9/._~!$&()*+,;=:@%?-]{0,1023}")
_APP = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST = 86_400.0
PROBE = "probe"
FRONTS = range(61_001, 65_536)
"""Above what a kernel gives to outgoing connections, which it has others for unless it is told otherwise."""


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
        port: The port of the replicas, unless they are of a revision that had another one.
        protocol: Whether requests or connections are balanced.
        binds: The ports of the balancer that lead there; none when it only checks that port.
        leaving: True for a port that only the revision before has.
    """

    name: str
    port: int
    protocol: Literal["http", "tcp"] = "http"
    binds: tuple[int, ...] = ()
    leaving: bool = False


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
        before: The ports of the revision that gives way, while replicas of it are there and one of them is no more.
    """

    app: str
    ports: tuple[Port, ...] = ()
    check: Check | None = None
    drain: float = 30.0
    connections: int = 4096
    threads: int = 2
    before: tuple[Port, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what could not stand in the configuration."""
        if not _APP.fullmatch(self.app):
            raise refusal("app", self.app, "a DNS label")
        for port in (*self.ports, *self.before):
            _port("port", port.number)
            if port.protocol not in {"http", "tcp"}:
                raise refusal("port.protocol", port.protocol, "http or tcp")
        if not self.ports and self.check is None:
            raise refusal("ports", self.ports, "at least one port, or a probe that names one")

    @property
    def routes(self) -> tuple[Route, ...]:
        """The groups of servers, the first port's first."""
        numbers = [port.number for port in self.ports]
        moved, fronts = moved_ports([port.number for port in self.before], numbers), front_ports(self.ports)
        old = {new: number for new, number in moved.items() if number not in fronts.values()}
        own = [(port, (port.number, old.get(port.number), fronts.get(port.number))) for port in self.ports]
        gone = [port for port in self.before if port.number not in {*numbers, *moved.values(), *fronts.values()}]
        return (
            *(_route(port, (number for number in binds if number is not None)) for port, binds in own),
            *(() if self.ports or self.check is None else (Route(name=PROBE, port=self.check.port, protocol="tcp"),)),
            *(replace(_route(port, (port.number,)), leaving=True) for port in gone),
        )

    def places(self, own: BalancerSettings | None) -> dict[str, int]:
        """Return the port of each group that a replica is in.

        Args:
            own: The settings of the revision that it was made from; None when that is what these are of.
        """
        if own is None:
            return {route.name: route.port for route in self.routes if not route.leaving}
        there = [port.number for port in own.ports]
        moved = moved_ports(there, [port.number for port in self.ports])
        left = {number: number for number in there if number not in moved.values()}
        known = {PROBE: self.check.port if self.check else 0} | {route_name(n): o for n, o in {**left, **moved}.items()}
        return {route.name: known[route.name] for route in self.routes if route.name in known}

    def check_of(self, own: BalancerSettings | None) -> Check | None:
        """Return how a replica is checked: where its own revision's probe differs, but for the port, not at all."""
        if own is None or self.check is None or own.check is None:
            return self.check if own is None else None
        return own.check if replace(own.check, port=self.check.port) == self.check else None


def front_ports(ports: Sequence[Port]) -> dict[int, int]:
    """Return the ports of the balancer that are published, by the app's own: they stay when the app's own changes.

    So another number needs no other container, whose published ports never change.

    >>> front_ports([Port(number=9000, publish=0), Port(number=3000, publish=80), Port(number=5000)])
    {3000: 61001, 9000: 61002}
    """
    fixed = sorted((port for port in ports if port.publish), key=lambda port: (port.publish, port.host))
    chosen = [port for port in ports if port.publish == 0]
    numbers = {port.number for port in ports}
    free = (number for number in FRONTS if number not in numbers)
    return {port.number: front for port, front in zip((*fixed, *chosen), free, strict=False)}


def route_name(number: int) -> str:
    """Return what HAProxy calls the servers of a port."""
    return f"port-{number}"


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


def _route(port: Port, binds: Iterable[int]) -> Route:
    name = route_name(port.number)
    return Route(name=name, port=port.number, protocol=port.protocol, binds=tuple(dict.fromkeys(binds)))


def _port(field: str, number: int) -> None:
    if not 1 <= number <= 65535:
        raise refusal(field, number, "a number from 1 to 65535")
