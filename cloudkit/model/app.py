"""What an app should be: the one value that every backend makes true."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Self

from cloudkit.model.autoscale import Autoscale
from cloudkit.model.checks import (
    check_choice,
    check_flag,
    check_integer,
    check_kind,
    check_number,
    check_path,
    check_text,
    check_tuple,
    check_unique,
    check_words,
    freeze,
)
from cloudkit.model.files import check_config, check_paths_apart, check_secret
from cloudkit.model.frozen import changed, chosen
from cloudkit.model.job import Job, Schedule
from cloudkit.model.kinds import ENDING, KINDS, check_fit
from cloudkit.model.mount import Mount
from cloudkit.model.names import (
    check_capability,
    check_host,
    check_label,
    check_name,
    check_signal,
    check_user,
    check_variable,
)
from cloudkit.model.placement import Placement
from cloudkit.model.port import Port
from cloudkit.model.probe import ExecProbe, Probe, Timing
from cloudkit.model.reference import Reference
from cloudkit.model.refusal import refusal
from cloudkit.model.resources import Resources
from cloudkit.model.rollout import Rollout
from cloudkit.model.secret import Secret

__all__ = ["RESTARTS", "AppSpec"]

RESTARTS = ("always", "on-failure", "never")
MOST_REPLICAS = 10_000
MOST_LABELS = 64
LONGEST_GRACE = 3600.0  # seconds
_TOKEN = re.compile(r"[A-Za-z0-9_.:+-]*+")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSpec:
    """What an app should be.

    Args:
        name: A DNS label: lower-case letters, digits and ``-``, a letter first, at most 40 characters; the
            app's name on its networks.
        image: The image, pinned by digest.
        command: Takes the place of the image's CMD; None keeps it.
        entrypoint: Takes the place of the image's ENTRYPOINT; None keeps it.
        env: Environment variables; a value may be a ``Secret``.
        ports: The ports it listens on; the first is the one that probes and ``url`` mean.
        replicas: How many copies run.
        resources: What each may use.
        startup: Passes once it has started; the other probes wait for it.
        readiness: Passes while it can take requests; the first port being open where None.
        liveness: Fails when only a restart helps.
        rollout: How a new revision takes over.
        stop_grace: Seconds between the stop signal and the kill.
        stop_signal: The signal that asks it to stop, such as ``SIGTERM``; None keeps the image's.
        restart: When the engine restarts it: ``always``, ``on-failure`` or ``never``.
        mounts: Volumes, host folders and memory.
        networks: Networks it joins in place of the shared one; ``default`` among them keeps that, too.
        labels: The user's own labels.
        user: The user it runs as, ``name``, ``uid`` or ``uid:gid``; None keeps the image's.
        workdir: The folder it starts in; None keeps the image's.
        read_only: True mounts the root file system read-only.
        drop: The capabilities it loses, such as ``("ALL",)`` or ``("NET_RAW",)``.
        init: True runs an init process as PID 1 that passes signals on and reaps.
        stopped: True keeps the app and its replicas, but runs none.
        restarted: A token; another value makes a new revision of the same spec, as a restart does.
        kind: What sort of work it is: ``service`` is reached and runs until it is stopped, ``worker`` has no port,
            ``daemon`` runs once on each node, ``stateful`` keeps a name and its volumes for each replica, ``job`` runs
            to its end, ``cron`` does so by a schedule.
        job: How a ``job`` or ``cron`` comes to its end.
        schedule: When a ``cron`` begins.
        autoscale: How the number of replicas follows the load; None leaves it as it is.
        placement: On which nodes replicas may run.
        config: Files with these contents, by their absolute path inside the replica.
        secrets: Files of secret contents, by their absolute path inside the replica.
        hosts: The host names that it is reached by, over HTTP.
    """

    name: str
    image: Reference
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    env: Mapping[str, str | Secret] = field(default_factory=dict, hash=False)
    ports: tuple[Port, ...] = ()
    replicas: int = 1
    resources: Resources = field(default_factory=Resources)
    startup: Probe | None = None
    readiness: Probe | None = None
    liveness: Probe | None = None
    rollout: Rollout = field(default_factory=Rollout)
    stop_grace: float = 10.0
    stop_signal: str | None = None
    restart: Literal["always", "on-failure", "never"] = "always"
    mounts: tuple[Mount, ...] = ()
    networks: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    user: str | None = None
    workdir: str | None = None
    read_only: bool = False
    drop: tuple[str, ...] = ()
    init: bool = True
    stopped: bool = False
    restarted: str = ""
    kind: Literal["service", "worker", "daemon", "stateful", "job", "cron"] = "service"
    job: Job = field(default_factory=Job)
    schedule: Schedule | None = None
    autoscale: Autoscale | None = None
    placement: Placement = field(default_factory=Placement)
    config: Mapping[str, str] = field(default_factory=dict, hash=False)
    secrets: Mapping[str, Secret] = field(default_factory=dict, hash=False)
    hosts: tuple[str, ...] = ()

    __repr__ = chosen

    def __post_init__(self) -> None:
        check_name("name", self.name)
        check_kind("image", self.image, Reference)
        check_integer("replicas", self.replicas, 0, MOST_REPLICAS)
        object.__setattr__(self, "env", freeze("env", self.env, check_variable))
        object.__setattr__(self, "labels", freeze("labels", self.labels, check_label))
        check_integer("labels: number", len(self.labels), 0, MOST_LABELS)
        check_kind("resources", self.resources, Resources)
        check_kind("rollout", self.rollout, Rollout)
        self._check_process()
        self._check_ports()
        self._check_probes()
        self._check_surroundings()
        self._check_files()
        self._check_work()

    def _check_process(self) -> None:
        check_words("command", self.command, empty=True, optional=True)
        check_words("entrypoint", self.entrypoint, empty=True, optional=True)
        check_number("stop_grace", self.stop_grace, 0, LONGEST_GRACE)
        check_signal("stop_signal", self.stop_signal)
        check_choice("restart", self.restart, RESTARTS)
        check_user("user", self.user)
        check_path("workdir", self.workdir, optional=True)
        check_flag("init", self.init)
        check_flag("stopped", self.stopped)
        check_text("restarted", self.restarted, _TOKEN, "letters, digits and '_.:+-'", limit=64)

    def _check_ports(self) -> None:
        check_tuple("ports", self.ports, Port)
        check_unique("port", (port.number for port in self.ports))
        check_unique("publish", ((port.host, port.publish) for port in self.ports if port.publish))

    def _check_probes(self) -> None:
        for name, probe in (("startup", self.startup), ("readiness", self.readiness), ("liveness", self.liveness)):
            check_kind(name, probe, Timing, optional=True)
            if probe is None:
                continue
            if not isinstance(probe, ExecProbe) and probe.port is None and not self.ports:
                raise refusal(f"{name}: port", None, "a number where the app has no port of its own")
            if name != "readiness" and probe.success_threshold != 1:
                raise refusal(f"{name}: success_threshold", probe.success_threshold, "1, as one success decides here")

    def _check_surroundings(self) -> None:
        check_tuple("mounts", self.mounts, Mount)
        check_unique("mount: target", (mount.target for mount in self.mounts))
        check_tuple("networks", self.networks, str)
        check_unique("network", self.networks)
        for network in self.networks:
            check_name("network", network)
        check_tuple("drop", self.drop, str)
        check_unique("drop", self.drop)
        for capability in self.drop:
            check_capability("drop", capability)
        check_flag("read_only", self.read_only)

    def _check_files(self) -> None:
        object.__setattr__(self, "config", freeze("config", self.config, check_config))
        object.__setattr__(self, "secrets", freeze("secrets", self.secrets, check_secret))
        check_paths_apart([*self.config, *self.secrets], [mount.target for mount in self.mounts])

    def _check_work(self) -> None:
        check_choice("kind", self.kind, KINDS)
        check_kind("job", self.job, Job)
        check_kind("schedule", self.schedule, Schedule, optional=True)
        check_kind("autoscale", self.autoscale, Autoscale, optional=True)
        check_kind("placement", self.placement, Placement)
        check_tuple("hosts", self.hosts, str)
        check_unique("host", self.hosts)
        for host in self.hosts:
            check_host("host", host)
        check_fit(self)

    def replace(self, **changes: object) -> Self:
        """Return the same spec with some fields changed, validated again."""
        return changed(self, changes)

    @property
    def restart_policy(self) -> Literal["always", "on-failure", "never"]:
        """When the engine restarts a replica: never where it runs to its end, as a retry is a replica of its own."""
        return "never" if self.kind in ENDING else self.restart

    @property
    def template(self) -> Self:
        """The part that makes a revision: two specs of equal template need no replica replaced."""
        return replace(
            self,
            replicas=1,
            ports=tuple(replace(p, publish=None, host="127.0.0.1") for p in self.ports),
            rollout=Rollout(),
            stopped=False,
            resources=self.resources.canonical,
            autoscale=None,
            schedule=self.schedule and Schedule(cron="@daily"),
            hosts=(),
            mounts=tuple(mount.plain for mount in self.mounts),
        )
