"""The backend on a world in memory: the reference of what every backend does."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Unpack

from cloudkit.backends.absent import no_replica
from cloudkit.backends.adopting.exchange import Exchange
from cloudkit.backends.appwork import app_workload
from cloudkit.backends.beyond import refuse_beyond
from cloudkit.backends.crons import manual_key, refuse_trigger
from cloudkit.backends.forwarding import forwarded_port, local_url
from cloudkit.backends.kinds import refuse_other_kind
from cloudkit.backends.memory.adopting import find_placed, placed_workloads
from cloudkit.backends.memory.change import Change
from cloudkit.backends.memory.container import Container, memory_limit
from cloudkit.backends.memory.crons import Crons
from cloudkit.backends.memory.decide import decide, decide_delete
from cloudkit.backends.memory.images import Images
from cloudkit.backends.memory.jobs import job_steps
from cloudkit.backends.memory.logs import events_of, lines_of
from cloudkit.backends.memory.program import Response
from cloudkit.backends.memory.record import Record, numbered
from cloudkit.backends.memory.seen import diagnosed, state_of
from cloudkit.backends.memory.tasks import run_task, within
from cloudkit.backends.memory.traffic import path_of, port_of
from cloudkit.backends.memory.world import World
from cloudkit.backends.protocol import Capability
from cloudkit.errors import BackendError, ConflictError, NotFoundError
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause
from cloudkit.model.exec_options import ExecOptions
from cloudkit.model.kinds import ENDING
from cloudkit.model.log import Event, LogLine, LogQuery
from cloudkit.model.plan import Plan
from cloudkit.model.progress import Listener, silent
from cloudkit.model.state import AppState, Revision
from cloudkit.model.task import TaskResult, TaskSpec, Usage
from cloudkit.model.workload import Workload

if TYPE_CHECKING:
    from cloudkit.backends.healing import Healer

__all__ = ["MemoryBackend"]

TURN = 0.001  # seconds of real time that other threads get while one lets the clock pass
LOOK = 0.25  # seconds of the clock that a look at an app on its way takes, so that who polls sees it arrive


class MemoryBackend:
    """Runs apps in memory, on a clock that moves when somebody waits.

    Args:
        namespace: What keeps its apps apart from others in the same world.
        world: The engine that it connects to; one of its own where None.

    >>> from cloudkit.model.reference import Reference
    >>> backend = MemoryBackend()
    >>> image = backend.images.pull(Reference.parse("web:1"), listener=print)
    Progress(...)
    >>> plan = backend.plan(AppSpec(name="web", image=image.reference, replicas=2))
    >>> backend.apply(plan, listener=lambda event: None).ready
    2
    """

    name = "memory"
    endpoint = "memory"
    capabilities = frozenset(Capability) - {Capability.HOSTS}

    def __init__(self, *, namespace: str = "cloudkit", world: World | None = None) -> None:
        self.namespace = namespace
        self.world = world or World()
        self._closed = False
        self._exchange = Exchange(partial(find_placed, self.world), self)

    def __repr__(self) -> str:
        return f"<MemoryBackend, namespace {self.namespace}>"

    @property
    def images(self) -> Images:
        """Where the images are that it runs."""
        return self.world.images

    def plan(self, spec: AppSpec) -> Plan:
        """Say what would be done to make the spec true; does nothing."""
        refuse_beyond(spec, self.name, self.capabilities)
        with self.world.clock.lock:
            record = self._record(spec.name)
            before = record.spec if record else None
            refuse_other_kind(before, spec)
            replicas = [one.snapshot() for one in record.containers] if record else []
            revision = numbered(spec, record)
            steps = None
            if spec.kind in ENDING:
                steps = job_steps(spec, record, revision, self.now.timestamp()) if spec.kind == "job" else ()
            return Plan(
                app=spec.name,
                backend=self.name,
                generation=record.generation if record else 0,
                before=before,
                after=spec,
                actions=decide(spec, before, revision, replicas, steps),
            )

    def plan_delete(self, name: str) -> Plan:
        """Say what would be done to remove an app; an app that is not there is an empty plan."""
        with self.world.clock.lock:
            record = self._record(name)
            return Plan(
                app=name,
                backend=self.name,
                generation=record.generation if record else 0,
                before=record.spec if record else None,
                after=None,
                actions=decide_delete(record.spec, [one.snapshot() for one in record.containers]) if record else (),
            )

    def apply(
        self, plan: Plan, *, wait: bool = True, timeout: float | None = None, listener: Listener
    ) -> AppState | None:
        """Do what a plan says."""
        if self._closed:
            raise BackendError("the connection to the twin is closed", hint="make another Cloud")
        if plan.adopts:
            return self._exchange.take(plan, timeout=timeout, listener=listener)
        change = Change(world=self.world, app=(self.namespace, plan.app), plan=plan, listener=listener)
        if plan.after is None:
            change.delete()
            return None
        change.make(plan.after, wait=wait, timeout=timeout)
        with self.world.clock.lock:
            return state_of(self._there(plan.app), self.world.clock.now)

    def get(self, name: str) -> AppState:
        """Return what is seen of an app; while it is on its way the look takes a moment of the clock."""
        with self.world.clock.lock:
            state = state_of(self._there(name), self.world.clock.now)
            if not state.settled:
                self.world.clock.advance(LOOK)
            return state

    def apps(self) -> tuple[AppState, ...]:
        """Return all apps, by name."""
        with self.world.clock.lock:
            mine = sorted(key for key in self.world.records if key[0] == self.namespace)
            return tuple(state_of(self.world.records[key], self.world.clock.now) for key in mine)

    def workloads(self, *, listener: Listener = silent) -> tuple[Workload, ...]:  # noqa: ARG002  all may be seen
        """Return the apps, and what somebody has placed beside them."""
        apps = [app_workload(state, self.namespace) for state in self.apps()]
        with self.world.clock.lock:
            return (*apps, *placed_workloads(self.world))

    def plan_adopt(self, workload: str, *, name: str | None = None, lossy: bool = False) -> Plan:
        """Say what would be done to make an app of a container that somebody has placed."""
        kind, _, app = workload.partition("/")
        if kind == "app":
            return self.plan(self.get(app).spec)
        return self._exchange.plan(workload, name=name, lossy=lossy)

    def revisions(self, name: str) -> tuple[Revision, ...]:
        """Return the kept revisions, newest first."""
        return tuple(self._there(name).revisions)

    def diagnose(self, name: str) -> Cause | None:
        """Say why an app is not ready; None when nothing is wrong."""
        with self.world.clock.lock:
            return diagnosed(self._there(name), self.now)

    def logs(self, name: str, query: LogQuery) -> Iterator[LogLine]:
        """Return the lines of all replicas, merged by time."""
        key = self._there(name).app
        return lines_of(
            self.world.journal, key, query, replicas=partial(self._replicas, name), over=lambda: self._is_over(name)
        )

    def events(self, name: str | None, query: LogQuery) -> Iterator[Event]:
        """Return what happened to an app, or to all."""
        return events_of(self.world.journal, (self.namespace, name or ""), query, over=lambda: self._closed)

    def exec(
        self, name: str, command: tuple[str, ...], *, replica: str | None = None, **options: Unpack[ExecOptions]
    ) -> TaskResult:
        """Run a command inside a replica: the named one, or the first that is ready."""
        with self.world.clock.lock:
            run = partial(
                self._chosen(name, replica).execute,
                command,
                stdin=options.get("stdin") or b"",
                env=options.get("env"),
                user=options.get("user"),
                workdir=options.get("workdir"),
            )
            return within(self.world, options.get("timeout"), command, lambda sleep: run(sleep=sleep))

    def attach(
        self, name: str, command: tuple[str, ...], *, replica: str | None, stdin: BinaryIO, stdout: BinaryIO
    ) -> int:
        """Run a command inside a replica on a terminal; return its exit code."""
        result = self.exec(name, command, replica=replica, stdin=stdin.read())
        stdout.write(result.output.encode())
        return result.exit_code

    def copy_in(self, name: str, source: Path, target: str, *, replica: str | None = None) -> None:
        """Copy a file or folder of this machine into replicas: the named one, or all."""
        with self.world.clock.lock:
            for one in self._there(name).containers if replica is None else [self._chosen(name, replica)]:
                one.files.put(source, target)

    def lay(self, name: str, folder: Path, target: str, *, replica: str, gone: Sequence[str] = ()) -> None:
        """Lay the files of a folder over those below a path in a replica."""
        with self.world.clock.lock:
            files = self._chosen(name, replica).files
            for path in gone:
                files.remove(f"{target}/{path}")
            files.lay(folder, target)

    def revive(self, name: str, replica: str) -> None:
        """Stop the process of a replica and start it again, in the same place."""
        with self.world.clock.lock:
            self._chosen(name, replica).revive()

    def copy_out(self, name: str, source: str, target: Path, *, replica: str | None = None) -> Path:
        """Copy a file or folder out of a replica; nothing is written outside ``target``."""
        with self.world.clock.lock:
            return self._chosen(name, replica).files.get(source, target)

    def stats(self, name: str) -> tuple[Usage, ...]:
        """Return what each running replica uses now."""
        with self.world.clock.lock:
            return tuple(self._usage(one) for one in self._there(name).containers if one.running)

    def run(self, task: TaskSpec, *, listener: Listener) -> TaskResult:
        """Run a task to its end and remove it."""
        if not self.images.holds(task.image):
            self.images.pull(task.image, listener=listener)
        with self.world.clock.lock:
            return run_task(self.world, self.namespace, task)

    def trigger(self, name: str, *, wait: bool, timeout: float | None, listener: Listener) -> AppState:
        """Begin a run of a schedule now."""
        with self.world.clock.lock:
            record = self._there(name)
            refuse_trigger(record.spec)
            key = manual_key(self.now, {one.run for one in record.containers})
            way = Crons(self.world).begin(record, key, listener)
            if not wait:
                way.leave()
        try:
            if wait:
                way.run(timeout)
        finally:
            Crons(self.world).forget(record)
        return self.get(name)

    @contextmanager
    def forward(self, name: str, port: int | None = None, *, replica: str | None = None) -> Iterator[str]:
        """Give a url for `request` to reach an app by, or one of its replicas, while the block lasts."""
        with self.world.clock.lock:
            record = self._there(name)
            wanted = forwarded_port(record.spec, port)
            chosen = self._chosen(name, replica).name if replica is not None else None
        with self.world.forward(record.app, chosen) as number:
            yield local_url(wanted, number)

    def request(self, target: str, path: str = "/") -> Response:
        """Send a request: to an app by its name, or to ``http://localhost:PORT`` that one publishes.

        Raises:
            NotFoundError: There is no such app, or nobody listens on that port.
        """
        with self.world.clock.lock:
            _, replica = self.world.forwarded.get(port_of(target), (None, None))
            where = path if "://" not in target else path_of(target)
            return self.world.traffic.request(self.behind(target), where, replica=replica)

    def behind(self, target: str) -> Record:
        """Return the app that a name or a published url leads to."""
        if "://" not in target:
            return self._there(target)
        port = port_of(target)
        owner = self.world.owner_of(port)
        if owner is None or owner not in self.world.records:
            raise NotFoundError(f"nobody listens on port {port}", hint="cloudkit apps")
        return self.world.records[owner]

    @property
    def now(self) -> datetime:
        """The present moment of the world."""
        return self.world.clock.now

    def rest(self, seconds: float) -> bool:
        """Let so much of the clock pass, but no long time at once, and other threads act."""
        self.world.clock.advance(min(seconds, LOOK))
        time.sleep(TURN)
        return False

    @contextmanager
    def heal(self, holder: str) -> Iterator[Healer]:
        """Become the one that heals this namespace, while the block lasts."""
        from cloudkit.backends.memory.healer import MemoryHealer

        with self.world.clock.lock:
            other = self.world.healers.setdefault(self.namespace, holder)
        if other is not holder:
            raise ConflictError(f"another controller heals this namespace: {other}")
        try:
            yield MemoryHealer(namespace=self.namespace, world=self.world, holder=holder)
        finally:
            if self.world.healers.get(self.namespace) is holder:
                del self.world.healers[self.namespace]

    def close(self) -> None:
        """Let go of the connection: streams end; the world stays."""
        self._closed = True
        self.world.journal.wake()

    def _record(self, name: str) -> Record | None:
        return self.world.records.get((self.namespace, name))

    def _there(self, name: str) -> Record:
        record = self._record(name)
        if record is None:
            others = ", ".join(sorted(key[1] for key in self.world.records if key[0] == self.namespace)) or "none"
            message = f"there is no app {name!r} in namespace {self.namespace!r}; there are: {others}"
            raise NotFoundError(message, hint="cloudkit apps")
        return record

    def _replicas(self, name: str) -> dict[str, int]:
        record = self._record(name)
        return {one.name: one.born for one in record.containers} if record else {}

    def _is_over(self, name: str) -> bool:
        return self._closed or self._record(name) is None

    def _chosen(self, name: str, replica: str | None) -> Container:
        """Return the named replica, or the first that is ready, or else the first that runs."""
        containers = self._there(name).containers
        if replica is not None:
            wanted = [one for one in containers if replica in (one.name, one.id)]
        else:
            wanted = sorted((one for one in containers if one.running), key=lambda one: not one.serving)
        if wanted:
            return wanted[0]
        raise no_replica(name, replica, [one.name for one in containers], stopped=self._there(name).spec.stopped)

    def _usage(self, one: Container) -> Usage:
        return Usage(
            replica=one.name, cpu=one.program.cpu, memory=one.program.memory, memory_limit=memory_limit(one.spec),
            received=one.received, sent=one.sent, pids=1 + one.spec.init, observed_at=self.world.clock.now,
        )  # fmt: skip
