"""Specs that Kubernetes can make true: any valid one, but for the few words that it has no answer to."""

from __future__ import annotations

from hypothesis import strategies as st
from unit.model.strategies import app_specs

from cloudkit.model.app import AppSpec
from cloudkit.model.job import CONCURRENCY, Job, Schedule
from cloudkit.model.mount import Mount
from cloudkit.model.port import Port
from cloudkit.model.resources import Resources

__all__ = ["ending_specs", "owned_specs", "supported_specs"]


@st.composite
def supported_specs(draw: st.DrawFn) -> AppSpec:
    """Draw a spec in which any field has any of the values that Kubernetes takes."""
    spec = draw(app_specs())
    host = draw(st.sampled_from(["127.0.0.1", "0.0.0.0", "192.0.2.7"]))
    return spec.replace(
        ports=_distinct(spec.ports, host),
        entrypoint=spec.entrypoint if spec.command else spec.entrypoint or None,
        resources=Resources(
            cpu=spec.resources.cpu, memory=spec.resources.memory, cpu_request=spec.resources.cpu_request
        ),
        restart="always",
        stop_signal=None,
        user=draw(st.sampled_from([None, "0", "1000", "1000:2000"])),
    )


@st.composite
def owned_specs(draw: st.DrawFn) -> AppSpec:
    """Draw a spec of a kind that is no Deployment, with volumes of names that every replica can have."""
    spec = draw(supported_specs())
    kind = draw(st.sampled_from(["daemon", "stateful"]))
    mounts = tuple(
        Mount(target=one.target, source=draw(st.sampled_from(["data", "logs"])), read_only=one.read_only)
        if one.kind == "volume"
        else one
        for one in spec.mounts
    )
    if kind == "daemon":
        return spec.replace(kind=kind, mounts=mounts, replicas=1, autoscale=None)
    return spec.replace(kind=kind, mounts=mounts)


@st.composite
def ending_specs(draw: st.DrawFn) -> AppSpec:
    """Draw a spec of work that ends, by itself or by a schedule."""
    spec = draw(supported_specs()).replace(
        ports=(), hosts=(), replicas=1, autoscale=None, readiness=None, startup=None, liveness=None
    )
    number = st.integers(1, 20)
    job = Job(
        completions=draw(number),
        parallelism=draw(number),
        retries=draw(st.integers(0, 20)),
        time_limit=draw(st.none() | number),
    )
    if draw(st.booleans()):
        return spec.replace(kind="job", job=job)
    cron = draw(st.sampled_from(["@daily", "*/5 * * * *", "30 2 * * 7", "0 0 1,15 jan-jun mon-fri", "0 4 * * 5-7"]))
    zone = draw(st.sampled_from(["UTC", "Europe/Berlin"]))
    concurrency = draw(st.sampled_from(CONCURRENCY))
    schedule = Schedule(cron=cron, timezone=zone, concurrency=concurrency, suspended=draw(st.booleans()))
    return spec.replace(kind="cron", job=job, schedule=schedule)


def _distinct(ports: tuple[Port, ...], host: str) -> tuple[Port, ...]:
    """Give all ports one host, and no two the same number outside."""
    seen, found = set[int](), list[Port]()
    for port in ports:
        outside = port.publish or port.number
        free = port.publish is not None and outside not in seen
        seen |= {outside} if free else set()
        found.append(
            Port(number=port.number, publish=port.publish if free else None, host=host, protocol=port.protocol)
        )
    return tuple(found)
