"""A container's probes as a spec has them: pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudkit.backends.adopting.fields import Fields
from cloudkit.model.probe import ExecProbe, HttpProbe, Probe, TcpProbe

__all__ = ["probe_of"]

_TIMES = {
    "initialDelaySeconds": ("initial_delay", 0),
    "periodSeconds": ("period", 10),
    "timeoutSeconds": ("timeout", 1),
    "successThreshold": ("success_threshold", 1),
    "failureThreshold": ("failure_threshold", 3),
}


def probe_of(container: Fields, name: str, ports: Mapping[str, int]) -> Probe | None:
    """Return a probe; None where there is none, or where it asks in a way that no spec says.

    Args:
        container: The container.
        name: ``readinessProbe``, ``livenessProbe`` or ``startupProbe``.
        ports: The numbers of ports that have a name.
    """
    part = container.part(name)
    if not part:
        return None
    times: dict[str, Any] = {ours: part.take(theirs, usual) for theirs, (ours, usual) in _TIMES.items()}
    probe = _asked(part, ports, times)
    part.close()
    return probe


def _asked(part: Fields, ports: Mapping[str, int], times: Mapping[str, Any]) -> Probe | None:
    http, tcp, command = part.part("httpGet"), part.part("tcpSocket"), part.take("exec")
    if command:
        return ExecProbe(command=tuple(command["command"]), **times)
    if http:
        http.ignore(scheme="HTTP")
        probe = HttpProbe(path=http.take("path") or "/", port=_number(http.take("port"), ports), **times)
        http.close()
        return probe
    if tcp:
        port = _number(tcp.take("port"), ports)
        tcp.close()
        return TcpProbe(port=port, **times)
    return None


def _number(port: int | str, ports: Mapping[str, int]) -> int | None:
    return port if isinstance(port, int) else ports.get(port)
