"""The balancer's configuration, written from values: nothing in it is text that a user gave as it was.

Requests are balanced in turn, which spreads even a few of them visibly; connections go to the replica that has the
fewest, as they live long.

Source: the configuration manual of HAProxy 2.6, sections 3.1, 4.2 and 5.2.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from cloudkit.backends.docker.balancer.settings import BalancerSettings, Check, Route
from cloudkit.model.refusal import refusal

__all__ = [
    "MASTER",
    "SOCKET",
    "ConfiguredServer",
    "Membership",
    "endpoint",
    "fingerprint",
    "render",
    "server_name",
    "server_options",
]

SOCKET = "/run/haproxy/admin.sock"
MASTER = "/run/haproxy/master.sock"
IDLE_SESSION = 120
"""Seconds after which HAProxy closes a control session that asks nothing."""
DOWN = 0.03
"""Seconds between two checks of a replica that is down; the first check of one that is added comes after as long."""
WAVERING = 0.1
"""Seconds between two checks of one that has failed some of them, and is not down yet."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_IDEMPOTENT = "GET HEAD OPTIONS TRACE PUT DELETE"  # RFC 9110, section 9.2.2

_STATE = {"serving": "", "trial": " weight 0", "draining": " disabled"}

_DEFAULTS = """\
  timeout connect 2s
  timeout client 5m
  timeout server 5m
  timeout queue 30s
  timeout tunnel 24h
  timeout client-fin 30s
  timeout server-fin 30s
  timeout http-request 30s
  timeout http-keep-alive 75s
  option clitcpka
  option srvtcpka
  retries 3
  option redispatch 1"""


class Membership(StrEnum):
    """What a replica is to its balancer."""

    SERVING = "serving"  # gets requests while its checks pass
    TRIAL = "trial"  # is checked, gets nothing yet
    DRAINING = "draining"  # finishes what it has


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredServer:
    """A replica that the balancer knows from its start.

    Args:
        name: The replica's name.
        address: Its private address.
        ports: The port of each group that it is in.
        membership: What it is; one on trial is checked but has no weight, one that drains is set aside.
        check: The port that is asked; None when the checks are not meant for it, as it was made for others.
    """

    name: str
    address: str
    ports: Mapping[str, int]
    membership: Membership = Membership.SERVING
    check: int | None = None


def render(settings: BalancerSettings, servers: Sequence[ConfiguredServer] = ()) -> str:
    """Return the whole configuration file.

    >>> from cloudkit.model.port import Port
    >>> text = render(BalancerSettings(app="web", ports=(Port(number=80),)))
    >>> "bind :80" in text, "balance roundrobin" in text
    (True, True)
    """
    lines = [*_global(settings, fingerprint(settings)), "defaults", _DEFAULTS]
    for route in settings.routes:
        lines += [*_frontend(route), *_backend(settings, route)]
        lines += [_server(settings, route, server) for server in servers if route.name in server.ports]
    return "\n".join(lines) + "\n"


def fingerprint(settings: BalancerSettings) -> str:
    """Return what a running balancer says of itself, and says differently under other settings."""
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:16]


def server_options(settings: BalancerSettings, route: Route, *, check: int | None) -> str:
    """Return the options of a server that is asked on a port, the same in the file and for one that is added later.

    A server added while it runs inherits nothing, so each option stands on it. While it is down, as at its start, it is
    asked some thirty times a second; while it passes on the way down, ten times.
    """
    words = list(_check_options(settings.check, check)) if settings.check and check else []
    if route.protocol == "http":
        words.append("pool-max-conn 512 pool-purge-delay 2s")  # below the 5 s after which Node closes idle connections
    return " ".join(words)


def server_name(name: str) -> str:
    """Return a server's name if it can be one; refuse it else."""
    if not _NAME.fullmatch(name):
        raise refusal("replica", name, "letters, digits and . _ -")
    return name


def endpoint(address: str, port: int) -> str:
    """Return an address and port as HAProxy reads them.

    >>> endpoint("10.0.0.7", 80), endpoint("fd00::7", 80)
    ('10.0.0.7:80', '[fd00::7]:80')
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        raise refusal("address", address, "an IP address") from None
    if "%" in address:  # a zone is free text
        raise refusal("address", address, "an IP address without a zone")
    return f"[{parsed.compressed}]:{port}" if parsed.version == 6 else f"{parsed}:{port}"


def _global(settings: BalancerSettings, description: str) -> Iterator[str]:
    yield "global"
    yield f"  description {description}"
    yield f"  stats socket {SOCKET} mode 600 level admin"
    yield f"  stats timeout {IDLE_SESSION}s"
    yield f"  maxconn {settings.connections:d}"
    yield "  no strict-limits"
    yield f"  nbthread {settings.threads:d}"
    yield f"  hard-stop-after {_milliseconds(settings.drain)}"


def _frontend(route: Route) -> Iterator[str]:
    if not route.binds:
        return
    yield f"frontend in-{route.port:d}"
    yield f"  mode {route.protocol}"
    for number in route.binds:
        yield f"  bind :{number:d}"
    if route.protocol == "http":
        yield "  option forwardfor"
        yield "  option idle-close-on-response"
    yield f"  default_backend {route.name}"


def _backend(settings: BalancerSettings, route: Route) -> Iterator[str]:
    yield f"backend {route.name}"
    yield f"  mode {route.protocol}"
    yield f"  balance {'roundrobin' if route.protocol == 'http' else 'leastconn'}"
    if route.protocol == "http":
        yield "  retry-on conn-failure empty-response"
        yield f"  http-request disable-l7-retry unless {{ method {_IDEMPOTENT} }}"
    if settings.check:
        yield f"  timeout check {_milliseconds(settings.check.timeout)}"
    if settings.check and settings.check.path is not None:
        yield "  option httpchk"
        yield f"  http-check send meth GET uri '{settings.check.path}' ver HTTP/1.1 hdr Host {settings.app}"
        yield "  http-check expect status 200-399"


def _server(settings: BalancerSettings, route: Route, server: ConfiguredServer) -> str:
    where = endpoint(server.address, server.ports[route.name])
    options = server_options(settings, route, check=server.check)
    return f"  server {server_name(server.name)} {where} {options}{_STATE[server.membership]}".rstrip()


def _check_options(check: Check, port: int) -> Iterator[str]:
    fast, down = min(check.period, WAVERING), min(check.period, DOWN)
    yield f"check inter {_milliseconds(check.period)} fastinter {_milliseconds(fast)}"
    yield f"downinter {_milliseconds(down)} rise {check.rise:d} fall {check.fall:d} port {port:d}"


def _milliseconds(seconds: float) -> str:
    return f"{max(1, round(seconds * 1000))}ms"
