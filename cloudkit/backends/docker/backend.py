"""The backend on one Docker Engine: all its state is in the labels of what the engine holds."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Unpack

from cloudkit.backends.absent import no_replica
from cloudkit.backends.adopting.exchange import Exchange
from cloudkit.backends.appwork import app_workload
from cloudkit.backends.beyond import refuse_beyond
from cloudkit.backends.docker.adopting.candidate import named
from cloudkit.backends.docker.adopting.standing import find_standing
from cloudkit.backends.docker.apply import Application
from cloudkit.backends.docker.balancer import ensure_image
from cloudkit.backends.docker.crons import Crons
from cloudkit.backends.docker.filing import refuse_files
from cloudkit.backends.docker.front import Fronts
from cloudkit.backends.docker.look import Look
from cloudkit.backends.docker.names import shown
from cloudkit.backends.docker.observe import Observation, Seen, observe, observe_app
from cloudkit.backends.docker.operations.acts import Operations
from cloudkit.backends.docker.operations.forward import forward
from cloudkit.backends.docker.plan import delete_actions, plan_actions
from cloudkit.backends.docker.records import read_record, read_records
from cloudkit.backends.docker.room import bounds
from cloudkit.backends.docker.workloads import other_workloads
from cloudkit.backends.forwarding import forwarded_port
from cloudkit.backends.kinds import refuse_other_kind
from cloudkit.backends.protocol import Capability
from cloudkit.engine.errors import translate
from cloudkit.engine.images import EngineImages
from cloudkit.errors import NotFoundError
from cloudkit.model.advice import Advice
from cloudkit.model.plan import Plan
from cloudkit.model.progress import silent
from cloudkit.model.state import AppState, Revision

if TYPE_CHECKING:
    from cloudkit.backends.healing import Healer
    from cloudkit.engine.connect import Engine
    from cloudkit.model.app import AppSpec
    from cloudkit.model.cause import Cause
    from cloudkit.model.exec_options import ExecOptions
    from cloudkit.model.log import Event, LogLine, LogQuery
    from cloudkit.model.progress import Listener
    from cloudkit.model.task import TaskResult, TaskSpec, Usage
    from cloudkit.model.workload import Workload

__all__ = ["DockerBackend"]


class DockerBackend:
    """Runs apps on one engine.

    Args:
        engine: A connection to it.
        namespace: What keeps its apps apart from others on the same engine.
        balancer_image: The image of the balancer; one of our own making where empty.
    """

    name = "docker"
    capabilities = frozenset(Capability) - {Capability.HOSTS}

    def __init__(self, engine: Engine, *, namespace: str = "cloudkit", balancer_image: str = "") -> None:
        self.engine = engine
        self.namespace = namespace
        self.endpoint = engine.endpoint
        self.images = EngineImages(engine)
        self._fronts = Fronts(engine.api, namespace, balancer_image)
        self._balancer_image = balancer_image
        self._look = Look(engine, self.images, namespace, self._fronts)
        self._operations = Operations(engine.api, namespace)
        self._adopting = Exchange(partial(find_standing, engine.api, namespace), self)

    def __repr__(self) -> str:
        return f"<DockerBackend {self.endpoint}, namespace {self.namespace}>"

    def plan(self, spec: AppSpec) -> Plan:
        """Say what would be done to make the spec true; does nothing."""
        refuse_beyond(spec, self.name, self.capabilities)
        refuse_files(spec)
        seen = self._look.observe(spec.name)
        situation = self._look.situation(seen, spec)
        refuse_other_kind(situation.current, spec)
        return Plan(
            app=spec.name,
            backend=self.name,
            generation=seen.generation,
            before=situation.current,
            after=spec,
            actions=plan_actions(situation, spec),
        )

    def plan_delete(self, name: str) -> Plan:
        """Say what would be done to remove an app; an app that is not there is an empty plan."""
        seen = observe_app(self.engine.api, self.namespace, name)
        return Plan(
            app=name,
            backend=self.name,
            generation=seen.generation,
            before=read_record(self.engine.api, seen.record).spec if seen.record else None,
            after=None,
            actions=delete_actions(self.namespace, seen),
        )

    def plan_adopt(self, workload: str, *, name: str | None = None, lossy: bool = False) -> Plan:
        """Say what would be done to make an app of a container that somebody else has made."""
        kind, app = named(workload)
        if kind == "app":
            spec = self.get(app).spec
            return self.plan(spec)
        return self._adopting.plan(workload, name=name, lossy=lossy)

    def apply(
        self, plan: Plan, *, wait: bool = True, timeout: float | None = None, listener: Listener
    ) -> AppState | None:
        """Do what a plan says."""
        application = Application(engine=self.engine, look=self._look, listener=listener)
        if plan.adopts:
            return self._adopting.take(plan, timeout=timeout, listener=listener)
        if plan.after is None:
            application.delete(plan)
            return None
        return application.apply(plan, plan.after, wait=wait, timeout=timeout)

    def get(self, name: str) -> AppState:
        """Return what is seen of an app; raise ``NotFoundError`` when it is not there."""
        return self._look.state(name, self._there(name))

    def apps(self) -> tuple[AppState, ...]:
        """Return all apps, by name."""
        found = {name: seen for name, seen in observe(self.engine.api, self.namespace).items() if seen.record}
        with ThreadPoolExecutor(8) as pool:
            return tuple(pool.map(self._look.state, found.keys(), found.values()))

    def workloads(self, *, listener: Listener = silent) -> tuple[Workload, ...]:  # noqa: ARG002  all may be listed
        """Return the apps, and whatever else the engine runs."""
        apps = tuple(app_workload(state, self.namespace) for state in self.apps())
        return apps + other_workloads(self.engine.api)

    def revisions(self, name: str) -> tuple[Revision, ...]:
        """Return the kept revisions, newest first."""
        records = read_records(self.engine.api, self._there(name))
        return tuple(
            Revision(number=one.revision, spec=one.spec, created_at=one.created_at, current=index == 0)
            for index, one in enumerate(records)
        )

    def diagnose(self, name: str) -> Cause | None:
        """Say why an app is not ready, asking as far as it takes; None when nothing is wrong."""
        seen = self._there(name)
        record = read_record(self.engine.api, self._record(seen))
        return self._look.diagnose(record.spec, record.revision, seen)

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
        chosen = self._there(name).replicas if replica is None else (self._chosen(name, replica),)
        for one in chosen:
            self._operations.copy_in(one, source, target)

    def lay(self, name: str, folder: Path, target: str, *, replica: str, gone: Sequence[str] = ()) -> None:
        """Lay the files of a folder over those below a path in a replica."""
        self._operations.lay(self._chosen(name, replica), folder, target, gone)

    def revive(self, name: str, replica: str) -> None:
        """Stop the process of a replica and start it again, in the same place."""
        grace = self.get(name).spec.stop_grace
        self._operations.revive(self._chosen(name, replica), grace)

    def copy_out(self, name: str, source: str, target: Path, *, replica: str | None = None) -> Path:
        """Copy a file or folder out of a replica; nothing is written outside ``target``."""
        return self._operations.copy_out(self._chosen(name, replica), source, target)

    def stats(self, name: str) -> tuple[Usage, ...]:
        """Return what each running replica uses now."""
        return self._operations.stats(self._there(name).replicas)

    def forward(self, name: str, port: int | None = None, *, replica: str | None = None) -> AbstractContextManager[str]:
        """Reach a port of an app through its balancer, or of a replica, while the block lasts; gives its url here."""
        record = read_record(self.engine.api, self._record(self._there(name)))
        wanted = forwarded_port(record.spec, port)

        def address() -> str:
            balancer = self._there(name).balancer if replica is None and wanted in record.spec.ports else None
            return (balancer or self._chosen(name, replica)).address

        return forward(address, wanted, endpoint=self.endpoint)

    def run(self, task: TaskSpec, *, listener: Listener) -> TaskResult:
        """Run a task to its end and remove it."""
        return self._operations.run(task, listener)

    def trigger(self, name: str, *, wait: bool, timeout: float | None, listener: Listener) -> AppState:
        """Begin a run of a schedule now."""
        self._there(name)
        Crons(look=self._look).trigger(name, wait=wait, timeout=timeout, listener=listener)
        return self.get(name)

    def room(self, spec: AppSpec, replicas: int) -> tuple[Advice, ...]:  # noqa: ARG002  # the machine is there for all
        """Return the most replicas that fit, by each bound that there is."""
        with translate("ask the engine for its memory"):
            return tuple(bounds(spec, int(self.engine.client.info().get("MemTotal") or 0)))

    @property
    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)

    def rest(self, seconds: float) -> bool:
        """Let so many seconds pass."""
        time.sleep(seconds)
        return False

    @contextmanager
    def heal(self, holder: str) -> Iterator[Healer]:
        """Become the one that heals this namespace, while the block lasts and the process lives."""
        from cloudkit.backends.docker.healing import DockerHealer
        from cloudkit.backends.docker.healing.lease import leased

        image = ensure_image(self.engine.api, configured=self._balancer_image or None, listener=silent)
        with (
            leased(self.engine.api, self.namespace, image, holder) as lease,
            closing(DockerHealer(self.engine, self.namespace, self._balancer_image, lease)) as healer,
        ):
            yield healer

    def close(self) -> None:
        """Let go of connections; calling it twice is no error."""
        self._fronts.close()
        self.engine.close()

    def _there(self, name: str) -> Observation:
        seen = observe_app(self.engine.api, self.namespace, name)
        if seen.record is None:
            others = ", ".join(observe(self.engine.api, self.namespace)) or "none"
            message = f"there is no app {name!r} in namespace {self.namespace!r}; there are: {others}"
            raise NotFoundError(message, hint="cloudkit apps")
        return seen

    def _record(self, seen: Observation) -> Seen:
        assert seen.record is not None  # noqa: S101  # _there has looked
        return seen.record

    def _chosen(self, name: str, replica: str | None) -> Seen:
        """Return the named replica, or the first that is ready, or else the first that runs."""
        seen = self._there(name)
        if replica is not None:
            wanted = [one for one in seen.replicas if replica in (one.name, shown(self.namespace, one.name), one.id)]
        else:
            ready = [one.id for one in self._look.state(name, seen).replicas if one.ready]
            wanted = sorted((one for one in seen.replicas if one.alive), key=lambda one: one.id not in ready)
        if wanted:
            return wanted[0]
        there = [shown(self.namespace, one.name) for one in seen.replicas]
        raise no_replica(name, replica, there, stopped=self._look.state(name, seen).spec.stopped)
