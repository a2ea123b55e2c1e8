"""The kinds of work that an app can be, and which of its parts go with which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudkit.model.refusal import refusal

if TYPE_CHECKING:
    from cloudkit.model.app import AppSpec

__all__ = ["ENDING", "KINDS", "SCALED", "check_fit"]

KINDS = ("service", "worker", "daemon", "stateful", "job", "cron")
ENDING = frozenset({"job", "cron"})
"""The kinds whose replicas run to their end."""
SCALED = frozenset({"service", "worker", "stateful"})
"""The kinds whose number of replicas is chosen."""
_REACHED = frozenset({"service", "daemon", "stateful"})


def check_fit(spec: AppSpec) -> None:
    """Refuse parts that have no meaning for an app's kind, and name the kind that has them."""
    _check_number(spec)
    _check_reach(spec)
    _check_end(spec)
    if spec.autoscale is not None:
        _check_autoscale(spec)


def _check_number(spec: AppSpec) -> None:
    if spec.kind not in SCALED and spec.replicas != 1:
        instead = "completions and parallelism say how many run" if spec.kind in ENDING else "each node runs one"
        raise refusal("replicas", spec.replicas, f"not set for a {spec.kind}: {instead}")


def _check_reach(spec: AppSpec) -> None:
    if spec.ports and spec.kind not in _REACHED:
        raise refusal("port", spec.ports[0].number, f"none for a {spec.kind}", hint="kind='service'")
    if spec.hosts and not any(port.protocol == "http" for port in spec.ports):
        raise refusal("host", spec.hosts[0], "none where the app has no port for HTTP", hint="port=8080")


def _check_end(spec: AppSpec) -> None:
    if spec.kind == "cron" and spec.schedule is None:
        raise refusal("schedule", None, "a time such as '*/5 * * * *' or '@daily' for a cron")
    if spec.kind != "cron" and spec.schedule is not None:
        raise refusal("schedule", spec.schedule.cron, f"none for a {spec.kind}", hint="kind='cron'")
    if spec.kind not in ENDING and spec.job != type(spec.job)():
        raise refusal("job", spec.job, f"none for a {spec.kind}", hint="kind='job'")
    probes = (("readiness", spec.readiness), ("startup", spec.startup), ("liveness", spec.liveness))
    for name, probe in probes:
        if spec.kind in ENDING and probe is not None:
            raise refusal(name, probe, f"none for a {spec.kind}, whose end says how it went")


def _check_autoscale(spec: AppSpec) -> None:
    autoscale = spec.autoscale
    assert autoscale is not None  # noqa: S101  # the caller has looked
    if spec.kind not in SCALED:
        raise refusal("autoscale", autoscale, f"none for a {spec.kind}", hint="kind='service'")
    if autoscale.cpu is not None and not (spec.resources.cpu_request or spec.resources.cpu):
        hint = "cpu_request='250m'"
        raise refusal(
            "autoscale: cpu", autoscale.cpu, "a percentage of what a replica requests, which is not set", hint=hint
        )
