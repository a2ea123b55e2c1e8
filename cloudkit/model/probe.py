"""How an app is asked whether it has started, is ready, and is alive."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ExecProbe", "HttpProbe", "Probe", "TcpProbe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How often a probe asks and how many answers decide; all times in seconds, as Kubernetes names them."""

    initial_delay: float = 0.0
    period: float = 1.0
    timeout: float = 1.0
    success_threshold: int = 1
    failure_threshold: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpProbe(Timing):
    """GET a path; a status from 200 to 399 passes. ``port`` None is the app's first port."""

    path: str = "/"
    port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpProbe(Timing):
    """Open a connection. ``port`` None is the app's first port."""

    port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecProbe(Timing):
    """Run a command inside the replica; exit code 0 passes."""

    command: tuple[str, ...]


Probe = HttpProbe | TcpProbe | ExecProbe
