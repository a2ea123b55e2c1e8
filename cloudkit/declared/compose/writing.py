"""Declarations as compose files; what compose cannot say is named.

Source: https://github.com/compose-spec/compose-spec/blob/main/spec.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from cloudkit.declared.compose.interpolation import escaped
from cloudkit.declared.declaration import Declaration
from cloudkit.declared.secrets import name_of_secret
from cloudkit.declared.yamltext import dumped
from cloudkit.model.app import AppSpec
from cloudkit.model.frozen import default_of
from cloudkit.model.given import variable_of
from cloudkit.model.mount import Mount
from cloudkit.model.port import Port
from cloudkit.model.probe import ExecProbe
from cloudkit.model.rollout import Rollout
from cloudkit.model.secret import Secret

__all__ = ["compose_text"]

_RESTARTS = {"always": "always", "on-failure": "on-failure", "never": "no"}
_MODES = {"daemon": "global", "job": "replicated-job"}


def compose_text(declaration: Declaration) -> tuple[str, list[str]]:
    """Return a compose file, and what it does not say."""
    losses = list[str]()
    project: dict[str, Any] = {"name": declaration.name.replace(".", "-"), "services": {}}
    shared: dict[str, dict[str, Any]] = {"volumes": {}, "networks": {}, "configs": {}, "secrets": {}}
    for spec in declaration.specs.values():
        if spec.kind == "cron":
            losses.append(f"{spec.name}: a schedule has no place in compose, so the app is left out")
            continue
        losses += [f"{spec.name}: {loss}" for loss in _losses(spec)]
        project["services"][spec.name] = _service(spec, shared)
    return dumped(project | {name: part for name, part in shared.items() if part}), losses


def _service(spec: AppSpec, shared: dict[str, dict[str, Any]]) -> dict[str, Any]:
    service = {
        "image": str(spec.image),
        "command": _words(spec.command),
        "entrypoint": _words(spec.entrypoint),
        "environment": {name: _variable(spec.name, name, value) for name, value in spec.env.items()},
        "ports": [_port(port) for port in spec.ports if port.publish is not None],
        "expose": [str(port.number) for port in spec.ports if port.publish is None],
        "volumes": [_volume(mount, shared) for mount in spec.mounts],
        "networks": _networks(spec, shared),
        "labels": {key: escaped(value) for key, value in spec.labels.items()},
        "configs": list(_configs(spec, shared)),
        "secrets": list(_secrets(spec, shared)),
        "user": spec.user,
        "working_dir": spec.workdir and escaped(spec.workdir),
        "cap_drop": list(spec.drop),
        "stop_signal": spec.stop_signal,
        "healthcheck": _check(spec.readiness) if isinstance(spec.readiness, ExecProbe) else None,
        "deploy": _deploy(spec),
    }
    emptied: dict[str, Any] = {name: [] for name in ("entrypoint", "command") if service[name] == []}
    whole = _given(service) | emptied
    whole |= {"restart": _RESTARTS[spec.restart], "init": spec.init, "stop_grace_period": _span(spec.stop_grace)}
    return whole | ({"read_only": True} if spec.read_only else {})


def _words(words: tuple[str, ...] | None) -> list[str] | None:
    return None if words is None else [escaped(word) for word in words]


def _variable(app: str, name: str, value: str | Secret) -> str:
    """Return a variable's value; a secret one is wanted of the environment."""
    if isinstance(value, Secret):
        return f"${{{variable_of(app, name)}:?}}"
    return escaped(value)


def _port(port: Port) -> dict[str, Any]:
    told = {"target": port.number, "published": str(port.publish or ""), "host_ip": port.host, "protocol": "tcp"}
    told["app_protocol"] = port.protocol
    return {key: value for key, value in told.items() if value != ""}


def _volume(mount: Mount, shared: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if mount.kind == "volume":
        shared["volumes"][mount.source] = {}
    told = {"type": mount.kind, "source": escaped(mount.source), "target": escaped(mount.target)}
    return {key: value for key, value in told.items() if value} | ({"read_only": True} if mount.read_only else {})


def _networks(spec: AppSpec, shared: dict[str, dict[str, Any]]) -> list[str]:
    for network in spec.networks:
        shared["networks"][network] = {}
    return list(spec.networks)


def _configs(spec: AppSpec, shared: dict[str, dict[str, Any]]) -> Iterator[dict[str, str]]:
    for number, (path, content) in enumerate(spec.config.items()):
        name = f"{spec.name}-{number}"
        shared["configs"][name] = {"content": escaped(content)}
        yield {"source": name, "target": escaped(path)}


def _secrets(spec: AppSpec, shared: dict[str, dict[str, Any]]) -> Iterator[dict[str, str]]:
    for number, path in enumerate(spec.secrets):
        name = f"{spec.name}-{number}"
        shared["secrets"][name] = {"environment": variable_of(spec.name, path)}
        yield {"source": name, "target": escaped(path)}


def _check(probe: ExecProbe) -> dict[str, Any]:
    return {
        "test": ["CMD", *map(escaped, probe.command)],
        "interval": _span(probe.period),
        "timeout": _span(probe.timeout),
        "start_period": _span(probe.initial_delay),
        "retries": probe.failure_threshold,
    }


def _deploy(spec: AppSpec) -> dict[str, Any]:
    amounts = spec.resources
    limits = {"cpus": _cores(amounts.cpu), "memory": _memory(amounts.memory), "pids": amounts.pids}
    reserved = {"cpus": _cores(amounts.cpu_request), "memory": _memory(amounts.memory_request)}
    resources = {"limits": _given(limits), "reservations": _given(reserved)}
    constraints = [f"node.labels.{key}=={value}" for key, value in spec.placement.nodes.items()]
    count = spec.job.completions if spec.kind == "job" else spec.replicas
    rollout = spec.rollout
    ways = {"max_surge": (rollout.max_surge, "start-first"), "max_unavailable": (rollout.max_unavailable, "stop-first")}
    update = [{"parallelism": number, "order": order} for number, order in ways.values() if number]
    told = {
        "mode": _MODES.get(spec.kind),
        "replicas": None if spec.kind == "daemon" else count,
        "resources": _given(resources),
        "placement": _given({"constraints": constraints}),
        "update_config": update[0] if len(update) == 1 else None,
    }
    return _given(told)


def _span(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"


def _given(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if part not in (None, {}, [])}


def _cores(amount: str | None) -> str | None:
    from cloudkit.model.quantity import cpu_cores

    return None if amount is None else f"{cpu_cores(amount).normalize():f}"


def _memory(amount: str | None) -> str | None:
    from cloudkit.model.quantity import memory_bytes

    return None if amount is None else f"{memory_bytes(amount)}b"


def _losses(spec: AppSpec) -> Iterator[str]:
    """Yield what a service of compose cannot say, by the field."""
    for kind, names in (("env", _hidden(spec)), ("secrets", spec.secrets)):
        for name in names:
            yield f"{kind}: the value of {name_of_secret(name)}, wanted as {variable_of(spec.name, name)}"
    for name in ("startup", "liveness"):
        if getattr(spec, name) is not None:
            yield f"{name}: compose has one check, which is for readiness"
    if spec.readiness is not None and not isinstance(spec.readiness, ExecProbe):
        yield "readiness: compose checks by a command inside only"
    elif spec.readiness is not None and spec.readiness.success_threshold != 1:
        yield "readiness: how many successes it takes"
    if spec.kind in ("worker", "stateful"):
        yield f"kind: compose has no {spec.kind}"
    for name in ("autoscale", "hosts"):
        if getattr(spec, name):
            yield f"{name}: compose has no such"
    probe = spec.readiness if isinstance(spec.readiness, ExecProbe) else ExecProbe(command=("true",))
    spans = {"stop_grace": (spec.stop_grace,), "readiness": (probe.period, probe.timeout, probe.initial_delay)}
    for name, values in spans.items():
        if any(value != round(value, 3) for value in values):
            yield f"{name}: less than a thousandth of a second"
    yield from _losses_of_parts(spec)


def _losses_of_parts(spec: AppSpec) -> Iterator[str]:
    both = spec.rollout.max_surge and spec.rollout.max_unavailable
    if both or (spec.rollout.deadline, spec.rollout.drain) != (Rollout().deadline, Rollout().drain):
        yield "rollout: compose says how many at once, and in which order"
    yield from (f"job: {name}" for name in _chosen(spec.job) - {"completions"})
    yield from (f"placement: {name}" for name in _chosen(spec.placement) - {"nodes"})
    if any(port.protocol != "tcp" for port in spec.ports if port.publish is None):
        yield "ports: how a private port is balanced"
    if any(port.publish is None and port.host != "127.0.0.1" for port in spec.ports):
        yield "ports: the address of a private port"
    if [port.publish is None for port in spec.ports] != sorted(port.publish is None for port in spec.ports):
        yield "ports: their order"
    if any(mount != mount.plain for mount in spec.mounts):
        yield "mounts: what a volume is made as on a cluster"
    if any(mount.read_only for mount in spec.mounts if mount.kind == "tmpfs"):
        yield "mounts: that memory is only read"


def _hidden(spec: AppSpec) -> Iterator[str]:
    return (name for name, value in spec.env.items() if isinstance(value, Secret))


def _chosen(value: Any) -> set[str]:  # noqa: ANN401  # any dataclass
    return {one.name for one in fields(value) if getattr(value, one.name) != default_of(one)}
