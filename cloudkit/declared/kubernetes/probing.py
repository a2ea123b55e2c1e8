"""Probes of a container as options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cloudkit.declared.fields import Fields
from cloudkit.model.frozen import changed
from cloudkit.model.probe import ExecProbe, HttpProbe, Probe, TcpProbe

__all__ = ["probes_of"]

_NAMES = {"startup": "startupProbe", "readiness": "readinessProbe", "liveness": "livenessProbe"}
_TIMING = {
    "initial_delay": ("initialDelaySeconds", 0),
    "period": ("periodSeconds", 10),
    "timeout": ("timeoutSeconds", 1),
    "success_threshold": ("successThreshold", 1),
    "failure_threshold": ("failureThreshold", 3),
}


def probes_of(container: Fields, ports: Sequence[int], named: Mapping[str, int]) -> dict[str, object]:
    """Return a container's probes; one that an app has without asking for it is left out.

    Args:
        container: The container.
        ports: The ports that it listens on, the first of which a probe means that names none.
        named: The numbers of its ports by their names.
    """
    asked = {ours: container.part(theirs) for ours, theirs in _NAMES.items() if theirs in container}
    found = {name: _probe(fields, ports, named) for name, fields in asked.items()}
    if found.get("readiness") == TcpProbe():
        del found["readiness"]
    return {name: probe for name, probe in found.items() if probe is not None}


def _probe(fields: Fields, ports: Sequence[int], named: Mapping[str, int]) -> Probe | None:
    question = _question(fields, ports, named)
    if question is None:
        return None
    told = {ours: (fields.take(name), default) for ours, (name, default) in _TIMING.items()}
    return changed(question, {ours: default if value is None else value for ours, (value, default) in told.items()})


def _question(fields: Fields, ports: Sequence[int], named: Mapping[str, int]) -> Probe | None:
    if "exec" in fields:
        words = fields.part("exec").items("command")
        return ExecProbe(command=tuple(str(word).replace("$$", "$") for word in words))
    if "tcpSocket" in fields:
        return TcpProbe(port=_port(fields.part("tcpSocket"), ports, named))
    if "httpGet" in fields:
        get = fields.part("httpGet")
        if get.take("scheme") not in (None, "HTTP"):
            get.leave("scheme")
        return HttpProbe(path=get.text("path") or "/", port=_port(get, ports, named))
    return None


def _port(fields: Fields, ports: Sequence[int], named: Mapping[str, int]) -> int | None:
    value = fields.take("port")
    number = named.get(value) if isinstance(value, str) else value
    return None if number in ports[:1] else number
