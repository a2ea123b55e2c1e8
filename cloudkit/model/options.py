"""The keyword options of a deployment, as people type them, and the spec that they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, TypedDict

from cloudkit.errors import UsageError
from cloudkit.model.app import AppSpec
from cloudkit.model.autoscale import Autoscale
from cloudkit.model.convert import amount, flag, integer, or_none, pairs, several, text, texts, words
from cloudkit.model.duration import seconds
from cloudkit.model.files import config_files, secret_files
from cloudkit.model.frozen import changed
from cloudkit.model.job import Schedule
from cloudkit.model.mount import Mount
from cloudkit.model.parameter import FromFile, Measure, Short, Words
from cloudkit.model.placement import Affinity, Spread, Toleration
from cloudkit.model.placing import affinities, autoscale, devices, spreads, tolerations
from cloudkit.model.port import Port
from cloudkit.model.probe import Probe
from cloudkit.model.reference import Reference
from cloudkit.model.refusal import refusal, shown
from cloudkit.model.secret import Secret
from cloudkit.model.shorthand import mount, port, probe, protocol, publication

__all__ = ["AppOptions", "autoscaled", "refuse_unknown", "spec_changed", "spec_from"]


class AppOptions(TypedDict, total=False):
    """How an app runs.

    An option that is given takes the place of what was there as a whole: a new ``env`` drops the variables that it
    does not name. Where an option may be absent, None or an empty text takes it back.

    Args:
        port: The port it listens on, such as ``3000`` or ``5432/tcp``; several as a list, the first is published.
        publish: Its port on the host: ``8080``, ``0.0.0.0:8080``, ``0`` any free, ``false`` none; else the same number.
        protocol: How ports are balanced: ``http`` by request, ``tcp`` by connection.
        replicas: How many copies run.
        command: Takes the place of the image's CMD.
        entrypoint: Takes the place of the image's ENTRYPOINT.
        env: Environment variables, as a mapping or ``KEY=VALUE``; a value may be a ``Secret``.
        cpu: The limit of processor time, such as ``500m`` or ``2``.
        memory: The limit of memory, such as ``256Mi``.
        cpu_request: The processor time that a cluster reserves; the limit where not given.
        memory_request: The memory that a cluster reserves; the limit where not given.
        pids: The most processes and threads.
        startup: Passes once it has started, such as ``/healthz failures 30``; the other probes wait for it.
        readiness: Passes while it can take requests: ``/healthz``, ``tcp:5432 every 2s`` or ``exec:pg_isready -q``.
        liveness: Fails when only a restart helps, such as ``/healthz every 10s timeout 2s``.
        max_surge: How many replicas more than wanted may run during a roll.
        max_unavailable: How many replicas fewer than wanted may be ready during a roll.
        deadline: How long a roll may go on without progress before it has failed, such as ``5m``.
        drain: How long requests in flight may take before their replica is stopped, such as ``30s``.
        stop_grace: How long it may take to stop before it is killed, such as ``10s``.
        stop_signal: The signal that asks it to stop, such as ``SIGINT``.
        restart: When the engine restarts it.
        volumes: Volumes, folders and memory: ``data:/var/lib/data``, ``/srv/www:/www:ro``, ``tmpfs:/tmp``; on a cluster
            a volume may say what it is made as, such as ``data:/data:size=10Gi,class=fast,shared``.
        config: Files of configuration, by their path in the replica: a text, or the ``Path`` of a file here.
        secrets: Secret files, by their path or their name in ``/run/secrets``: a ``Secret``, or the ``Path`` of a file.
        networks: Networks it joins in place of the shared one; ``default`` among them keeps that, too.
        labels: Labels of your own, as a mapping or ``KEY=VALUE``.
        user: The user it runs as: ``name``, ``uid`` or ``uid:gid``.
        workdir: The folder it starts in.
        read_only: Mount the root file system read-only.
        drop: The Linux capabilities it loses, such as ``ALL`` or ``NET_RAW``.
        init: Run an init process as PID 1 that passes signals on and reaps.
        kind: What sort of work it is: a ``worker`` has no port, a ``daemon`` runs once on each node, a ``stateful`` app
            keeps a name and its volumes for each replica, a ``job`` runs to its end, a ``cron`` does so by a schedule.
        schedule: When a cron begins, such as ``*/5 * * * *`` or ``@daily``.
        timezone: The time zone of the schedule, such as ``Europe/Berlin``; UTC where not given.
        concurrency: What happens when a cron is due while the run before goes on.
        suspended: Let a cron begin no runs for now.
        completions: How many replicas of a job must end with exit code 0.
        parallelism: How many replicas of a job run at once.
        retries: How many replicas of a job may fail before the job has.
        time_limit: How long a job may take before it is stopped, and has failed, such as ``1h``.
        autoscale: Let the number of replicas follow the load, such as ``2-10 cpu 70%`` or ``2-10 memory 200Mi``.
        node: The labels that a node must have, such as ``disk=ssd``.
        near: Apps whose replicas must run on the same node: ``db``, ``db by zone``, ``db preferred``.
        apart: Apps whose replicas must run on other nodes; its own name keeps its replicas from each other.
        spread: Spread the replicas evenly: ``node``, ``zone``, ``zone skew 2 required``.
        tolerate: The taints of nodes that do not keep it away: ``gpu``, ``gpu=yes:NoSchedule``, ``:NoExecute for 30s``.
        devices: What each replica needs of a node's devices, such as ``nvidia.com/gpu=1``.
        host: The host names that it is reached by, over HTTP, such as ``web.example.com``.
    """

    port: Annotated[int | str | Port | Sequence[int | str | Port], Short("p")]
    publish: int | str | bool
    protocol: Literal["http", "tcp"]
    replicas: int
    command: Annotated[Sequence[str] | str, Words()]
    entrypoint: Annotated[Sequence[str] | str, Words()]
    env: Annotated[Mapping[str, str | Secret] | Sequence[str], Short("e")]
    cpu: Annotated[str | float, Measure("cores")]
    memory: Annotated[str | int, Measure("bytes")]
    cpu_request: Annotated[str | float, Measure("cores")]
    memory_request: Annotated[str | int, Measure("bytes")]
    pids: int
    startup: Probe | str
    readiness: Probe | str
    liveness: Probe | str
    max_surge: int
    max_unavailable: int
    deadline: Annotated[str | float, Measure("seconds")]
    drain: Annotated[str | float, Measure("seconds")]
    stop_grace: Annotated[str | float, Measure("seconds")]
    stop_signal: str
    restart: Literal["always", "on-failure", "never"]
    volumes: Annotated[Sequence[Mount | str] | Mount | str, Short("v")]
    config: Annotated[Mapping[str, str | Path], FromFile()]
    secrets: Annotated[Mapping[str, str | Secret | Path], FromFile()]
    networks: Sequence[str] | str
    labels: Mapping[str, str] | Sequence[str]
    user: Annotated[str, Short("u")]
    workdir: Annotated[str, Short("w")]
    read_only: bool
    drop: Sequence[str] | str
    init: bool
    kind: Literal["service", "worker", "daemon", "stateful", "job", "cron"]
    schedule: str
    timezone: str
    concurrency: Literal["forbid", "allow", "replace"]
    suspended: bool
    completions: int
    parallelism: int
    retries: int
    time_limit: Annotated[str | float, Measure("seconds")]
    autoscale: Autoscale | str
    node: Mapping[str, str] | Sequence[str]
    near: Sequence[Affinity | str] | Affinity | str
    apart: Sequence[Affinity | str] | Affinity | str
    spread: Sequence[Spread | str] | Spread | str
    tolerate: Sequence[Toleration | str] | Toleration | str
    devices: Mapping[str, int] | Sequence[str]
    host: Sequence[str] | str


_Convert = Callable[[str, object], object]


def spec_from(name: str, image: Reference, options: AppOptions) -> AppSpec:
    """Return the spec of a new app.

    Raises:
        UsageError: An option is unknown, or has a value that it cannot have.

    >>> spec_from("web", Reference.parse("web:1"), {"port": 3000}).ports
    (Port(number=3000, publish=3000),)
    """
    return spec_changed(AppSpec(name=name, image=image), options)


def spec_changed(spec: AppSpec, options: AppOptions, image: Reference | None = None) -> AppSpec:
    """Return a spec with the given options changed, and nothing else.

    Raises:
        UsageError: An option is unknown, or has a value that it cannot have.
    """
    given: Mapping[str, object] = dict(options)
    refuse_unknown(given, AppOptions.__optional_keys__)
    changes = _converted(given, _DIRECT)
    changes = {_FIELDS.get(name, name): value for name, value in changes.items()}
    changes["resources"] = changed(spec.resources, _converted(given, _RESOURCES))
    changes["rollout"] = changed(spec.rollout, _converted(given, _ROLLOUT))
    changes["job"] = changed(spec.job, _converted(given, _JOB))
    changes["placement"] = changed(spec.placement, _renamed(_converted(given, _PLACEMENT)))
    changes["schedule"] = _schedule(spec.schedule, given)
    changes["ports"] = _ports(spec.ports, given)
    changes["image"] = image or spec.image
    whole = spec.replace(**changes)
    return _bounded(whole) if given.keys() & {"autoscale", "replicas"} else whole


def autoscaled(spec: AppSpec, changes: Mapping[str, object], *, off: bool = False) -> AppSpec:
    """Return a spec whose number of replicas follows the load otherwise, or not any more.

    Raises:
        UsageError: Nothing says how many replicas there may be at the most, or by which measure.
    """
    if off:
        if changes:
            raise refusal("off", off, f"not together with {', '.join(changes)}")
        return spec.replace(autoscale=None)
    if spec.autoscale is None and "max" not in changes:
        raise refusal("max", None, "a number of replicas", hint=f"cloudkit autoscale {spec.name} --max 5 --cpu 70")
    present = {} if spec.autoscale is None else {one: getattr(spec.autoscale, one) for one in _BOUNDS}
    return _bounded(spec.replace(autoscale=Autoscale(**{**present, **changes})))


def _bounded(spec: AppSpec) -> AppSpec:
    """Keep the number of replicas of an app that follows its load within its bounds."""
    if spec.autoscale is None or spec.stopped:
        return spec
    return spec.replace(replicas=min(max(spec.replicas, spec.autoscale.min), spec.autoscale.max))


def refuse_unknown(options: Iterable[str], known: Iterable[str]) -> None:
    """Refuse an option that is not known, and propose the one that it may have meant.

    >>> refuse_unknown(["replica"], ["replicas", "port"])
    Traceback (most recent call last):
    cloudkit.errors.UsageError: there is no option 'replica'
      try: replicas
    """
    names = sorted(known)
    for option in options:
        if option not in names:
            from difflib import get_close_matches

            alike = get_close_matches(str(option)[:40], names, n=1)
            raise UsageError(f"there is no option {shown(option)}", hint=", ".join(alike or names))


def _converted(options: Mapping[str, object], table: Mapping[str, _Convert]) -> dict[str, object]:
    return {name: table[name](name, value) for name, value in options.items() if name in table}


def _schedule(current: Schedule | None, options: Mapping[str, object]) -> Schedule | None:
    """Return when a cron begins; taking the schedule back takes all of it."""
    changes = _converted(options, _SCHEDULE)
    if "schedule" in options:
        cron = or_none(text)("schedule", options["schedule"])
        current = None if cron is None else Schedule(cron=cron) if current is None else replace(current, cron=cron)
    if current is None and changes:
        raise refusal("schedule", None, f"a time where {min(changes)} is given", hint="schedule='@daily'")
    return current and changed(current, changes)


def _renamed(changes: Mapping[str, object]) -> dict[str, object]:
    return {_PLACED.get(name, name): value for name, value in changes.items()}


def _ports(current: tuple[Port, ...], options: Mapping[str, object]) -> tuple[Port, ...]:
    ports = _numbered(current, several("port", options["port"])) if "port" in options else current
    if "protocol" in options:
        ports = tuple(replace(one, protocol=protocol("protocol", options["protocol"])) for one in ports)
    return _published(ports, options["publish"]) if "publish" in options else ports


def _numbered(current: tuple[Port, ...], values: tuple[object, ...]) -> tuple[Port, ...]:
    """Give the present ports other numbers, in order; the first of an app that had none is published."""
    ports = []
    for index, value in enumerate(values):
        made = port("port", value)
        if isinstance(value, Port):
            ports.append(made)
        elif index < len(current):
            ports.append(_renumbered(current[index], made, spoken=isinstance(value, str) and "/" in value))
        else:
            ports.append(replace(made, publish=None if index else made.number))
    return tuple(ports)


def _renumbered(old: Port, made: Port, *, spoken: bool) -> Port:
    """Keep what belongs to a port besides its number; one published under its own number goes on to be so."""
    publish = made.number if old.publish == old.number else old.publish
    return replace(old, number=made.number, publish=publish, protocol=made.protocol if spoken else old.protocol)


def _published(ports: tuple[Port, ...], value: object) -> tuple[Port, ...]:
    where = publication("publish", value)
    if where is None:
        return tuple(replace(one, publish=None) for one in ports)
    if not ports:
        raise refusal("publish", value, "False where the app listens on no port", hint="port=3000")
    host, number = where
    first = replace(ports[0], host=host, publish=ports[0].number if number is None else number)
    return (first, *ports[1:])


def _signal(option: str, value: object) -> str:
    name = text(option, value).upper()
    return name if name.startswith("SIG") else f"SIG{name}"


def _capabilities(option: str, value: object) -> tuple[str, ...]:
    return tuple(name.upper().removeprefix("CAP_") for name in texts(option, value))


def _mounts(option: str, value: object) -> tuple[Mount, ...]:
    return tuple(mount(option, item) for item in several(option, value))


_DIRECT: Mapping[str, _Convert] = {
    "replicas": integer,
    "command": or_none(words),
    "entrypoint": or_none(words),
    "env": pairs,
    "startup": or_none(probe),
    "readiness": or_none(probe),
    "liveness": or_none(probe),
    "stop_grace": seconds,
    "stop_signal": or_none(_signal),
    "restart": text,
    "volumes": _mounts,
    "config": config_files,
    "secrets": secret_files,
    "networks": texts,
    "labels": pairs,
    "user": or_none(text),
    "workdir": or_none(text),
    "read_only": flag,
    "drop": _capabilities,
    "init": flag,
    "kind": text,
    "autoscale": or_none(autoscale),
    "host": texts,
}
_RESOURCES: Mapping[str, _Convert] = {
    "cpu": or_none(amount),
    "memory": or_none(amount),
    "cpu_request": or_none(amount),
    "memory_request": or_none(amount),
    "pids": or_none(integer),
}
_ROLLOUT: Mapping[str, _Convert] = {
    "max_surge": integer,
    "max_unavailable": integer,
    "deadline": seconds,
    "drain": seconds,
}
_JOB: Mapping[str, _Convert] = {
    "completions": integer,
    "parallelism": integer,
    "retries": integer,
    "time_limit": or_none(seconds),
}
_SCHEDULE: Mapping[str, _Convert] = {"timezone": text, "concurrency": text, "suspended": flag}
_PLACEMENT: Mapping[str, _Convert] = {
    "node": pairs,
    "near": affinities,
    "apart": affinities,
    "spread": spreads,
    "tolerate": tolerations,
    "devices": devices,
}
_FIELDS = {"host": "hosts", "volumes": "mounts"}
_BOUNDS = ("min", "max", "cpu", "memory")
_PLACED = {"node": "nodes", "tolerate": "tolerations"}
