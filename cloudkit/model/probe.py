"""How an app is asked whether it has started, is ready, and is alive."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cloudkit.model.checks import check_integer, check_number, check_text, check_words
from cloudkit.model.frozen import chosen
from cloudkit.model.port import LAST_PORT

__all__ = ["ExecProbe", "HttpProbe", "Probe", "TcpProbe", "Timing"]

LONGEST = 3600.0  # seconds
SHORTEST = 0.1
_PATH = re.compile(r"/[A-Za-z0-9._~!$&()*+,;=:@%/?-]*+")  # RFC 3986, without the quote that a configuration would need


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How often a probe asks and how many answers decide; all times in seconds, as Kubernetes names them."""

    initial_delay: float = 0.0
    period: float = 1.0
    timeout: float = 1.0
    success_threshold: int = 1
    failure_threshold: int = 3

    __repr__ = chosen

    def __post_init__(self) -> None:
        check_number("probe: initial_delay", self.initial_delay, 0, LONGEST)
        check_number("probe: period", self.period, SHORTEST, LONGEST)
        check_number("probe: timeout", self.timeout, SHORTEST, LONGEST)
        check_integer("probe: success_threshold", self.success_threshold, 1, 1000)
        check_integer("probe: failure_threshold", self.failure_threshold, 1, 100_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpProbe(Timing):
    """GET a path; a status from 200 to 399 passes. ``port`` None is the app's first port."""

    path: str = "/"
    port: int | None = None

    __repr__ = chosen

    def __post_init__(self) -> None:
        Timing.__post_init__(self)
        check_text("probe: path", self.path, _PATH, "a path such as /healthz, percent-encoded", limit=1024)
        check_integer("probe: port", self.port, 1, LAST_PORT, optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpProbe(Timing):
    """Open a connection. ``port`` None is the app's first port."""

    port: int | None = None

    __repr__ = chosen

    def __post_init__(self) -> None:
        Timing.__post_init__(self)
        check_integer("probe: port", self.port, 1, LAST_PORT, optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecProbe(Timing):
    """Run a command inside the replica; exit code 0 passes."""

    command: tuple[str, ...]

    __repr__ = chosen

    def __post_init__(self) -> None:
        Timing.__post_init__(self)
        check_words("probe: command", self.command)


Probe = HttpProbe | TcpProbe | ExecProbe
