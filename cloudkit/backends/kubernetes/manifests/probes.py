"""Probes as the node asks them: in whole seconds, and no less than one."""

from __future__ import annotations

import math
from typing import Any

from cloudkit.backends.kubernetes.manifests.variables import literal
from cloudkit.model.app import AppSpec
from cloudkit.model.probe import ExecProbe, HttpProbe, Probe, TcpProbe

__all__ = ["probes"]


def probes(spec: AppSpec) -> dict[str, Any]:
    """Return the probes of an app's container; without one of its own, its first port being open makes it ready."""
    first = spec.ports[0].number if spec.ports else None
    readiness = spec.readiness or (TcpProbe() if spec.ports else None)
    given = {"startupProbe": spec.startup, "readinessProbe": readiness, "livenessProbe": spec.liveness}
    return {name: _probe(probe, first) for name, probe in given.items() if probe is not None}


def _probe(probe: Probe, first: int | None) -> dict[str, Any]:
    return {
        **_question(probe, first),
        "initialDelaySeconds": math.ceil(probe.initial_delay),
        "periodSeconds": math.ceil(probe.period),
        "timeoutSeconds": math.ceil(probe.timeout),
        "successThreshold": probe.success_threshold,
        "failureThreshold": probe.failure_threshold,
    }


def _question(probe: Probe, first: int | None) -> dict[str, Any]:
    if isinstance(probe, ExecProbe):
        return {"exec": {"command": [literal(word) for word in probe.command]}}
    if isinstance(probe, HttpProbe):
        return {"httpGet": {"path": probe.path, "port": probe.port or first}}
    return {"tcpSocket": {"port": probe.port or first}}
