"""A spec as the options that mean it: in the short forms that people type where there is one, else as values."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace

from cloudkit.errors import CloudkitError
from cloudkit.model.app import AppSpec
from cloudkit.model.frozen import default_of
from cloudkit.model.kinds import SCALED
from cloudkit.model.mount import Mount
from cloudkit.model.options import AppOptions, spec_from
from cloudkit.model.placing import affinities, autoscale, spreads, tolerations
from cloudkit.model.port import LOOPBACK, Port
from cloudkit.model.probe import ExecProbe, HttpProbe, Probe, Timing
from cloudkit.model.quantity import memory_bytes
from cloudkit.model.shorthand import mount, probe

__all__ = ["differing", "options_of", "same"]

_PLAIN = (
    "command", "entrypoint", "env", "stop_grace", "stop_signal", "restart", "config", "secrets", "networks", "labels",
    "user", "workdir", "read_only", "drop", "init", "kind",
)  # fmt: skip  # options of the same name and value as their fields
_GROUPS = {
    "resources": ("cpu", "memory", "cpu_request", "memory_request", "pids"),
    "rollout": ("max_surge", "max_unavailable", "deadline", "drain"),
    "job": ("completions", "parallelism", "retries", "time_limit"),
}
_CLAUSES = {
    "every": ("period", "s"),
    "timeout": ("timeout", "s"),
    "after": ("initial_delay", "s"),
    "failures": ("failure_threshold", ""),
    "successes": ("success_threshold", ""),
}


def options_of(spec: AppSpec) -> dict[str, object]:
    """Return the options that a deployment of a spec would have been given.

    What belongs to what runs and not to what is declared is left out: that it is stopped, and when it was restarted.

    >>> from cloudkit.model.reference import Reference
    >>> options_of(AppSpec(name="web", image=Reference.parse("web:1"), ports=(Port(number=80, publish=8080),)))
    {'port': 80, 'publish': 8080, 'replicas': 1}
    """
    found = dict(_ports(spec.ports))
    if spec.kind in SCALED and spec.autoscale is None:
        found["replicas"] = spec.replicas
    found |= {name: _open(getattr(spec, name)) for name in _PLAIN if name in _chosen(spec)}
    for group, names in _GROUPS.items():
        part = getattr(spec, group)
        found |= {name: getattr(part, name) for name in names if name in _chosen(part)}
    for name in ("startup", "readiness", "liveness"):
        if (value := getattr(spec, name)) is not None:
            found[name] = _short(value, _probe_text, lambda text: probe("probe", text))
    if spec.mounts:
        found["volumes"] = [_short(one, _mount_text, lambda text: mount("volumes", text)) for one in spec.mounts]
    if spec.autoscale is not None:
        found["autoscale"] = _short(spec.autoscale, _autoscale_text, lambda text: autoscale("autoscale", text))
    if spec.schedule is not None:
        found["schedule"] = spec.schedule.cron
        found |= {name: getattr(spec.schedule, name) for name in _chosen(spec.schedule) if name != "cron"}
    if spec.hosts:
        found["host"] = list(spec.hosts)
    return found | dict(_placed(spec))


def same(spec: AppSpec) -> AppSpec:
    """Return the part of a spec that is declared: without what belongs to what runs."""
    number: dict[str, object] = {}
    if spec.autoscale is not None:
        memory = spec.autoscale.memory and str(memory_bytes(spec.autoscale.memory))
        number = {"replicas": max(1, spec.autoscale.min), "autoscale": replace(spec.autoscale, memory=memory)}
    return spec.replace(stopped=False, restarted="", resources=spec.resources.canonical, **number)


def differing(spec: AppSpec, options: Mapping[str, object]) -> Iterator[str]:
    """Yield the fields that options do not bring back."""
    given: AppOptions = dict(options)  # type: ignore[assignment]  # each is checked when it is read
    found = same(spec_from(spec.name, spec.image, given))
    wanted = same(spec)
    yield from (one.name for one in fields(wanted) if getattr(found, one.name) != getattr(wanted, one.name))


def _chosen(value: object) -> set[str]:
    return {one.name for one in fields(value) if getattr(value, one.name) != default_of(one)}  # type: ignore[arg-type]


def _open(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else list(value) if isinstance(value, tuple) else value


def _ports(ports: tuple[Port, ...]) -> Iterator[tuple[str, object]]:
    if not ports:
        return
    first, *others = ports
    whole = first.publish is None and any(one.publish is not None for one in others)
    short = _port(first if first.publish is None else _unpublished(first))
    told = [first if whole else short, *map(_port, others)]
    yield "port", told[0] if len(told) == 1 else told
    if isinstance(told[0], Port):
        return
    if first.publish is None:
        yield "publish", False
    elif (first.host, first.publish) != (LOOPBACK, first.number):
        host = f"[{first.host}]" if ":" in first.host else first.host
        yield "publish", first.publish if first.host == LOOPBACK else f"{host}:{first.publish}"


def _unpublished(port: Port) -> Port:
    return Port(number=port.number, protocol=port.protocol)


def _port(port: Port) -> object:
    """Return a port in its short form, which says nothing of where it is published."""
    if port != _unpublished(port):
        return port
    return port.number if port.protocol == "http" else f"{port.number}/{port.protocol}"


def _placed(spec: AppSpec) -> Iterator[tuple[str, object]]:
    placement = spec.placement
    if placement.nodes:
        yield "node", dict(placement.nodes)
    for name, values in (("near", placement.near), ("apart", placement.apart)):
        if values:
            yield name, [_short(one, _affinity_text, lambda text: affinities("near", text)[0]) for one in values]
    if placement.spread:
        yield "spread", [_short(one, _spread_text, lambda text: spreads("spread", text)[0]) for one in placement.spread]
    if placement.tolerations:
        read: Callable[[str], object] = lambda text: tolerations("tolerate", text)[0]  # noqa: E731  # beside its like
        yield "tolerate", [_short(one, _toleration_text, read) for one in placement.tolerations]
    if placement.devices:
        yield "devices", dict(placement.devices)


def _short(value: object, write: Callable[..., str], read: Callable[[str], object]) -> object:
    """Return a value's short form where that means the same, else the value."""
    text = write(value)
    try:
        return text if read(text) == value else value
    except CloudkitError:
        return value


def _probe_text(value: Probe) -> str:
    told = [
        f"{word} {getattr(value, name):g}{unit}"
        for word, (name, unit) in _CLAUSES.items()
        if getattr(value, name) != getattr(Timing(), name)
    ]
    if isinstance(value, ExecProbe):
        return " ".join([*told, f"exec:{shlex.join(value.command)}"])
    port = "" if value.port is None else f":{value.port}"
    check = f"tcp{port}" if not isinstance(value, HttpProbe) else f"http{port}{value.path}" if port else value.path
    return " ".join([check, *told])


def _mount_text(value: Mount) -> str:
    words = [
        *(["ro"] if value.read_only else []),
        *([f"size={value.size}"] if value.size else []),
        *([f"class={value.storage_class}"] if value.storage_class else []),
        *(["shared"] if value.shared else []),
    ]
    return ":".join([value.source or "tmpfs", value.target, *([",".join(words)] if words else [])])


def _autoscale_text(value: object) -> str:
    low, high, cpu, memory = (getattr(value, name) for name in ("min", "max", "cpu", "memory"))
    measures = [*([f"cpu {cpu}%"] if cpu else []), *([f"memory {memory}"] if memory else [])]
    return " ".join([f"{low}-{high}", *measures])


def _affinity_text(value: object) -> str:
    app, per, required = (getattr(value, name) for name in ("app", "per", "required"))
    return f"{app}{f' by {per}' * (per != 'node')}{' preferred' * (not required)}"


def _spread_text(value: object) -> str:
    per, skew, required = (getattr(value, name) for name in ("per", "skew", "required"))
    return f"{per}{f' skew {skew}' * (skew != 1)}{' required' * required}"


def _toleration_text(value: object) -> str:
    key, other, effect, span = (getattr(value, name) for name in ("key", "value", "effect", "seconds"))
    equal = "" if other is None else f"={other}"
    return f"{key}{equal}{f':{effect}' * bool(effect)}{'' if span is None else f' for {span:g}s'}"
