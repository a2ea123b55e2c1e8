"""The backend on one Kubernetes cluster: all its state is in the objects of one namespace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Unpack

from cloudkit.backends.absent import no_replica
from cloudkit.backends.beyond import refuse_beyond
from cloudkit.backends.crons import refuse_trigger
from cloudkit.backends.forwarding import forwarded_port
from cloudkit.backends.kinds import refuse_other_kind
from cloudkit.backends.kubernetes.fitting import platforms_of_nodes
from cloudkit.backends.kubernetes.images import ClusterImages
from cloudkit.backends.kubernetes.informer import Informer
from cloudkit.backends.kubernetes.look import Look, confirm_namespace, is_published
from cloudkit.backends.kubernetes.lost import refuse_lost
from cloudkit.backends.kubernetes.observe import Observation, observe
from cloudkit.backends.kubernetes.plan import delete_actions, plan_actions
from cloudkit.backends.kubernetes.registryimages import RegistryImages
from cloudkit.backends.kubernetes.room import bounds, quotas
from cloudkit.backends.protocol import Capability
from cloudkit.backends.rolling import remaining
from cloudkit.errors import NotFoundError
from cloudkit.model.advice import Advice
from cloudkit.model.plan import Plan
from cloudkit.model.progress import Phase, Progress, silent
from cloudkit.model.state import ReplicaPhase

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.adopting.adopt import Adopting
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.backends.kubernetes.operations.acts import Operations
    from cloudkit.config.builder import Builder
    from cloudkit.engine.connect import Engine
    from cloudkit.model.app import AppSpec
    from cloudkit.model.cause import Cause
    from cloudkit.model.exec_options import ExecOptions
    from cloudkit.model.log import Event, LogLine, LogQuery
    from cloudkit.model.progress import Listener
    from cloudkit.model.state import AppState, Replica, Revision
    from cloudkit.model.task import TaskResult, TaskSpec, Usage
    from cloudkit.model.workload import Workload

__all__ = ["KubernetesBackend"]

_GONE = frozenset({ReplicaPhase.DRAINING, ReplicaPhase.COMPLETED})


class KubernetesBackend:
    """Runs apps in one namespace of a cluster.

    Args:
        client: A connection to its API server.
        connect: Reaches the engine that builds images; called when an image is first asked of it.
        registry: Where images go that its nodes are to pull, such as ``localhost:5000``; empty is nowhere.
        builder: The BuildKit that builds images in place of an engine; the registry alone keeps them then.
    """

    name = "kubernetes"
    capabilities = frozenset(Capability) - {Capability.HTTP_TRAFFIC}

    def __init__(
        self, client: Client, *, connect: Callable[[], Engine], registry: str = "", builder: Builder | None = None
    ) -> None:
        self.client = client
        self.namespace = client.namespace
        self.endpoint = client.endpoint
        nodes = partial(platforms_of_nodes, client)
        self.images: ClusterImages | RegistryImages
        if builder is None:
            self.images = ClusterImages(connect, registry, nodes=nodes)
        else:
            reach = partial(_reached, client, builder, registry) if builder.in_cluster else None
            self.images = RegistryImages(builder, registry, nodes=nodes, reach=reach)
        self._look = Look(client)
        self._informer = Informer(client)

    @cached_property
    def _operations(self) -> Operations:
        """What one does with pods, loaded when it is first used: a command that only looks needs none of it."""
        from cloudkit.backends.kubernetes.operations.acts import Operations

        return Operations(self.client)

    @cached_property
    def _adopting(self) -> Adopting:
        """What takes workloads over, loaded when it is first used."""
        from cloudkit.backends.kubernetes.adopting.adopt import Adopting

        return Adopting(self.client, self._look)

    def __repr__(self) -> str:
        return f"<KubernetesBackend {self.endpoint}, namespace {self.namespace}>"

    def plan(self, spec: AppSpec) -> Plan:
        """Say what would be done to make the spec true; does nothing."""
        refuse_beyond(spec, self.name, self.capabilities)
        seen = self._look.observe(spec.name)
        refuse_other_kind(seen.record.spec if seen.record else None, spec)
        refuse_lost(spec, seen.record)
        situation = self._look.situation(seen, spec)
        return Plan(
            app=spec.name,
            backend=self.name,
            generation=seen.generation,
            before=seen.record.spec if seen.record else None,
            after=spec,
            actions=self._look.with_drift(seen, spec, plan_actions(situation, spec)),
        )

    def plan_delete(self, name: str) -> Plan:
        """Say what would be done to remove an app; an app that is not there is an empty plan."""
        seen = self._look.observe(name)
        return Plan(
            app=name,
            backend=self.name,
            generation=seen.generation,
            before=seen.record.spec if seen.record else None,
            after=None,
            actions=delete_actions(self._look.situation(seen), name),
        )

    def plan_adopt(self, workload: str, *, name: str | None = None, lossy: bool = False) -> Plan:
        """Say what would be done to make an app of a workload that somebody else has made."""
        return self._adopting.plan(workload, name=name, lossy=lossy)

    def apply(
        self, plan: Plan, *, wait: bool = True, timeout: float | None = None, listener: Listener
    ) -> AppState | None:
        """Do what a plan says."""
        from cloudkit.backends.kubernetes.apply import Application
        from cloudkit.backends.kubernetes.following import unmeasured
        from cloudkit.backends.kubernetes.reach import PATIENCE, await_answer

        begun = time.monotonic()
        application = Application(self.client, self._look, listener)
        if plan.after is None:
            application.delete(plan)
            return None
        taken = self._adopting.take(plan, listener) if plan.adopts else None
        if taken is None:
            application.apply(plan, plan.after, wait=wait, timeout=timeout)
        else:
            application.apply(self.plan(taken.spec), taken.spec, wait=wait, timeout=timeout)
            taken.finish()
        if plan.after.autoscale is not None and (trouble := unmeasured(self.client, plan.app)):
            listener(Progress(phase=Phase.NOTICE, item=plan.app, message=trouble))
        state = self.get(plan.app)
        if wait and state.url and state.ready:
            left = remaining(timeout, begun)
            await_answer(state.url, patience=PATIENCE if left is None else min(PATIENCE, left))
        return state

    def get(self, name: str) -> AppState:
        """Return what is seen of an app; raise ``NotFoundError`` when it is not there."""
        return self._look.state(self._there(name))

    def apps(self) -> tuple[AppState, ...]:
        """Return all apps, by name; raise ``NotFoundError`` when there is no such Kubernetes namespace."""
        lists = self._informer.lists()
        found = [seen for seen in observe(self.client, lists).values() if seen.record]
        if not found:
            confirm_namespace(self.client)
        published = any(is_published(seen.record.spec) for seen in found if seen.record)
        nodes = self._look.nodes(lists) if published else ()
        with ThreadPoolExecutor(8) as pool:
            return tuple(pool.map(partial(self._look.state, nodes=nodes), found))

    def workloads(self, *, listener: Listener = silent) -> tuple[Workload, ...]:
        """Return all that runs in the namespace; raise ``NotFoundError`` when there is no such Kubernetes namespace."""
        from cloudkit.backends.kubernetes.workloads.listing import list_workloads

        found = list_workloads(self.client, listener)
        if not found:
            confirm_namespace(self.client)
        return found

    def revisions(self, name: str) -> tuple[Revision, ...]:
        """Return the kept revisions, newest first."""
        return self._look.revisions(self._there(name))

    def diagnose(self, name: str) -> Cause | None:
        """Say why an app is not ready, asking as far as it takes; None when nothing is wrong."""
        return self._look.explain(self._there(name))

    def logs(self, name: str, query: LogQuery) -> Iterator[LogLine]:
        """Return the lines of all replicas, merged by time."""
        self._there(name)
        return self._operations.logs(name, query)

    def events(self, name: str | None, query: LogQuery) -> Iterator[Event]:
        """Return what happened to an app, or to all."""
        return self._operations.events(name, query)

    def exec(
        self, name: str, command: tuple[str, ...], *, replica: str | None = None, **options: Unpack[ExecOptions]
    ) -> TaskResult:
        """Run a command inside a replica: the named one, or the first that is ready."""
        return self._operations.exec(self._chosen(name, replica), command, **options)

    def attach(
        self, name: str, command: tuple[str, ...], *, replica: str | None, stdin: BinaryIO, stdout: BinaryIO
    ) -> int:
        """Run a command inside a replica on a terminal; return its exit code."""
        return self._operations.attach(self._chosen(name, replica), command, stdin=stdin, stdout=stdout)

    def copy_in(self, name: str, source: Path, target: str, *, replica: str | None = None) -> None:
        """Copy a file or folder of this machine into replicas: the named one, or all."""
        names = self._running(name) if replica is None else (self._chosen(name, replica),)
        for one in names:
            self._operations.copy_in(one, source, target)

    def lay(self, name: str, folder: Path, target: str, *, replica: str, gone: Sequence[str] = ()) -> None:
        """Lay the files of a folder over those below a path in a replica."""
        self._operations.lay(self._chosen(name, replica), folder, target, gone)

    def copy_out(self, name: str, source: str, target: Path, *, replica: str | None = None) -> Path:
        """Copy a file or folder out of a replica; nothing is written outside ``target``."""
        return self._operations.copy_out(self._chosen(name, replica), source, target)

    def stats(self, name: str) -> tuple[Usage, ...]:
        """Return what each running replica uses now."""
        self._there(name)
        return self._operations.stats(name)

    def forward(self, name: str, port: int | None = None, *, replica: str | None = None) -> AbstractContextManager[str]:
        """Reach a port of an app from this machine, published or not, while the block lasts; gives its url here."""
        state = self._look.state(self._there(name), nodes=())
        chosen = None if replica is None else self._chosen(name, replica)
        return self._operations.forward(name, forwarded_port(state.spec, port), replica=chosen)

    def run(self, task: TaskSpec, *, listener: Listener) -> TaskResult:
        """Run a task to its end and remove it."""
        return self._operations.run(task, listener)

    def trigger(self, name: str, *, wait: bool, timeout: float | None, listener: Listener) -> AppState:
        """Begin a run of a schedule now."""
        from cloudkit.backends.kubernetes.clusterrun import ClusterRun

        record = self._there(name).record
        assert record is not None  # noqa: S101  # it is there
        refuse_trigger(record.spec)
        ClusterRun(client=self.client, listener=listener).trigger(record.spec, wait=wait, timeout=timeout)
        return self.get(name)

    def room(self, spec: AppSpec, replicas: int) -> tuple[Advice, ...]:
        """Return the most replicas that fit, by each quota that there is."""
        return tuple(bounds(spec, replicas, quotas(self.client)))

    def close(self) -> None:
        """Let go of connections; calling it twice is no error."""
        self._informer.close()
        self.images.close()
        self.client.close()

    def _there(self, name: str) -> Observation:
        seen = self._look.observe(name)
        if seen.record is None:
            others = ", ".join(observe(self.client)) or "none"
            message = f"there is no app {name!r} in namespace {self.namespace!r}; there are: {others}"
            raise NotFoundError(message, hint="cloudkit apps")
        return seen

    def _replicas(self, name: str) -> tuple[Replica, ...]:
        seen = self._there(name)
        return self._look.state(seen, nodes=()).replicas

    def _running(self, name: str) -> tuple[str, ...]:
        return tuple(one.name for one in self._replicas(name) if one.phase not in _GONE)

    def _chosen(self, name: str, replica: str | None) -> str:
        """Return the named replica, or the first that is ready, or else the first that is not on its way out."""
        there = self._replicas(name)
        if replica is not None:
            wanted = [one.name for one in there if replica in (one.name, one.id)]
        else:
            wanted = [one.name for one in there if one.phase not in _GONE]  # ready ones are first
        if wanted:
            return wanted[0]
        raise no_replica(name, replica, [one.name for one in there], stopped=self._is_stopped(name))

    def _is_stopped(self, name: str) -> bool:
        record = self._look.observe(name).record
        return record is not None and record.spec.stopped


def _reached(client: Client, builder: Builder, registry: str, listener: Listener) -> AbstractContextManager[Builder]:
    """Reach the cluster's BuildKit, by what is loaded when it is first needed."""
    from cloudkit.backends.kubernetes.buildkit import reached

    return reached(client, builder, registry, listener=listener)
