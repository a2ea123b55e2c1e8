"""One replica's process: started, ready, ended, started again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cloudkit.backends.memory.clock import Clock, Timer
from cloudkit.backends.memory.commands import Execution
from cloudkit.backends.memory.files import Files
from cloudkit.backends.memory.journal import AppKey, Journal
from cloudkit.backends.memory.probing import Prober, Subject
from cloudkit.backends.memory.program import Program, Request, Response
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause
from cloudkit.model.log import LogLine
from cloudkit.model.probe import Probe, TcpProbe
from cloudkit.model.quantity import memory_bytes
from cloudkit.model.state import Replica, ReplicaPhase

__all__ = ["Container", "Fetch", "memory_limit"]

Fetch = Callable[[str], tuple[int, str]]
KILLED, TERMINATED = 137, 143
RUNNING = frozenset({ReplicaPhase.STARTING, ReplicaPhase.READY, ReplicaPhase.UNREADY})
BACK_OFF, LONGEST_BACK_OFF, STABLE = 0.1, 60.0, 10.0  # seconds, as the Docker engine has them
OPEN = TcpProbe(period=0.1, success_threshold=3)  # what makes a replica ready that nobody gave a probe
SETTLE = 0.5  # seconds that one must run that listens on nothing


@dataclass(slots=True, kw_only=True, eq=False)
class Container:
    """A replica on the twin's engine; everything it does runs on the clock.

    Args:
        app: Whose it is.
        name: Its name.
        id: The engine's identifier.
        spec: What it was made from.
        revision: The revision of that.
        program: What it does.
        env: Its environment, secrets revealed.
        clock: Its time.
        journal: Where its events and lines go.
        fetch: How it reaches other apps.
        refused: Why the engine does not start it; None when it does.
        ordinal: The number that a stateful replica keeps, or that a job's replica has; None for others.
        run: The run of a cron that it belongs to; empty for others.
        born: The journal's last entry before it, as another may have had its name.
    """

    app: AppKey
    name: str
    id: str
    spec: AppSpec
    revision: int
    program: Program
    env: Mapping[str, str]
    clock: Clock
    journal: Journal
    fetch: Fetch
    refused: Cause | None = None
    ordinal: int | None = None
    run: str = ""
    born: int = 0
    address: str = ""
    files: Files = field(default_factory=Files)
    phase: ReplicaPhase = ReplicaPhase.PENDING
    restarts: int = 0
    exit_code: int | None = None
    out_of_memory: bool = False
    started_at: datetime | None = None
    ended_at: datetime | None = None
    message: str = ""
    draining_since: float | None = None
    in_flight: int = 0
    received: int = 0
    sent: int = 0
    life: int = 0
    failures: int = 0
    _started: float = 0.0
    _stopping: bool = False
    _timers: list[Timer] = field(default_factory=list)

    @property
    def running(self) -> bool:
        """True while its process runs."""
        return self.phase in RUNNING

    @property
    def draining(self) -> bool:
        """True once it gets no new requests, as it ends soon."""
        return self.draining_since is not None

    @property
    def serving(self) -> bool:
        """True while it takes new requests."""
        return self.phase is ReplicaPhase.READY and not self.draining

    def start(self) -> None:
        """Start its process; one that runs is left alone."""
        if self.running or self.refused:
            return
        self._forget_timers()
        self.life += 1
        self.phase, self.message, self._stopping = ReplicaPhase.STARTING, "", False
        self.started_at, self._started = self.clock.now, self.clock.seconds
        self.journal.happened(self.app, self.name, "start")
        for text in self.program.prints:
            self.say(text)
        self._schedule_end()
        self._watch()

    def stop(self) -> None:
        """Ask its process to end; one that ignores it is killed after its grace."""
        if not self.running:
            self.phase = ReplicaPhase.STOPPED if self.phase is not ReplicaPhase.COMPLETED else self.phase
            self._forget_timers()
        elif not self._stopping:
            self._stopping = True
            if self.program.ignores_stop:
                self._later(self.spec.stop_grace, lambda: self.end(KILLED))
            else:
                self.end(TERMINATED)

    def revive(self) -> None:
        """End its process as a stop would, and start it again at once, with the files that it has."""
        self.stop()
        self.end(KILLED)
        self.start()

    def end(self, code: int, *, out_of_memory: bool = False) -> None:
        """Let its process end with a code, as asked or not."""
        if not self.running:
            return
        self._forget_timers()
        self.exit_code, self.out_of_memory, self.ended_at = code, out_of_memory, self.clock.now
        if out_of_memory:
            self.journal.happened(self.app, self.name, "oom")
        self.journal.happened(self.app, self.name, "die", f"exit code {code}")
        if self._stopping:
            self.phase = ReplicaPhase.STOPPED
        elif self._is_restarted(code):
            delay, self.phase = self._back_off(), ReplicaPhase.CRASHED
            self._later(delay, self._restart)
        else:
            self.phase = ReplicaPhase.CRASHED if code else ReplicaPhase.COMPLETED

    def remove(self) -> None:
        """Leave nothing of it behind."""
        self._stopping = True
        self.end(KILLED)
        self._forget_timers()
        self.phase = ReplicaPhase.STOPPED
        self.journal.happened(self.app, self.name, "destroy")

    def say(self, text: str, stream: Literal["stdout", "stderr"] = "stdout") -> None:
        """Print a line."""
        self.journal.printed(self.app, self.name, text, stream)

    def listens_on(self, port: int) -> bool:
        """Tell whether others reach it on a port."""
        ports = self.program.listens
        opened = ports if ports is not None else tuple(one.number for one in self.spec.ports)
        return self.up and port in opened and not self.program.loopback

    @property
    def up(self) -> bool:
        """True once its process has started up, whether others reach it or not."""
        after = self.program.listens_after
        return self.running and after is not None and self.clock.seconds >= self._started + after

    @property
    def up_for(self) -> float:
        """Seconds since its process has started up."""
        return self.clock.seconds - self._started - (self.program.listens_after or 0.0) if self.up else 0.0

    def lines(self) -> list[str]:
        """Return what it has printed."""
        printed = (entry.content for entry in self.journal.after(self.born) if entry.app == self.app)
        return [one.text for one in printed if isinstance(one, LogLine) and one.replica == self.name]

    def respond(self, path: str) -> Response:
        """Answer a request."""
        response = self.program.respond(Request(path=path, replica=self.name, env=self.env))
        self.received += len(path)
        self.sent += len(response.body)
        return response

    def execute(
        self, command: tuple[str, ...], *, stdin: bytes = b"", env: Mapping[str, str] | None = None,
        user: str | None = None, workdir: str | None = None, sleep: Callable[[float], None] = lambda _: None,
    ) -> tuple[int, str]:  # fmt: skip
        """Run a command inside it; return its exit code and output."""
        execution = Execution(
            command=command, stdin=stdin, env={**self.env, **(env or {})}, user=user or self.spec.user or "root",
            workdir=workdir or self.spec.workdir or "/", hostname=self.name, files=self.files, fetch=self.fetch,
            sleep=sleep,
        )  # fmt: skip
        return self.program.execute(execution)

    def snapshot(self) -> Replica:
        """Return what an engine would tell of it."""
        phase = ReplicaPhase.DRAINING if self.draining and self.running else self.phase
        return Replica(
            name=self.name, id=self.id, revision=self.revision, phase=phase, image=self.spec.image,
            address=self.address, restarts=self.restarts, exit_code=self.exit_code, started_at=self.started_at,
            message=self.refused.summary if self.refused else self.message,
        )  # fmt: skip

    def _schedule_end(self) -> None:
        limit = memory_limit(self.spec)
        if limit is not None and self.program.memory > limit:
            self._later(self.program.starts or 0.0, lambda: self.end(KILLED, out_of_memory=True))
        if self.program.exits is not None:
            self._later(self.program.exits, self._exit)

    def _exit(self) -> None:
        for text in self.program.last_words:
            self.say(text, "stderr")
        self.end(self.program.exit_code)

    def _is_restarted(self, code: int) -> bool:
        return self.spec.restart_policy == "always" or (self.spec.restart_policy == "on-failure" and code != 0)

    def _back_off(self) -> float:
        """Return when it is started again; one that was ready for a while had no failure before this one."""
        ran = self.clock.seconds - self._started
        self.failures = 1 if ran >= STABLE and self.phase is ReplicaPhase.READY else self.failures + 1
        return BACK_OFF if ran >= STABLE else min(LONGEST_BACK_OFF, BACK_OFF * float(2 ** min(self.failures, 10)))

    def _restart(self) -> None:
        self.restarts += 1
        self.start()

    def _watch(self) -> None:
        if self.spec.startup is None:
            self._watch_readiness()
        else:
            self._probe(self.spec.startup, passed=self._watch_readiness, failed=self._start_failed, once=True)

    def _start_failed(self, reason: str) -> None:
        self.message = f"startup probe failed: {reason}"
        self.end(KILLED)

    def _watch_readiness(self) -> None:
        readiness = self.spec.readiness or (OPEN if self.spec.ports else None)
        after = self.program.listens_after
        if readiness is None and after is not None:
            self._later(after + SETTLE, self._passed)
        elif readiness is not None:
            self._probe(readiness, passed=self._passed, failed=self._unready)
        if self.spec.liveness is not None:
            self._probe(self.spec.liveness, passed=lambda: None, failed=self._dead)

    def _passed(self) -> None:
        if self.phase is not ReplicaPhase.READY:
            self.phase, self.message = ReplicaPhase.READY, ""
            self.journal.happened(self.app, self.name, "ready")

    def _unready(self, reason: str) -> None:
        self.message = f"readiness probe failed: {reason}" if self.spec.readiness else reason
        if self.phase is ReplicaPhase.READY:
            self.phase = ReplicaPhase.UNREADY
            self.journal.happened(self.app, self.name, "unready", reason)

    def _dead(self, reason: str) -> None:
        self.message = f"liveness probe failed: {reason}"
        self.end(KILLED)

    def _probe(
        self, probe: Probe, *, passed: Callable[[], None], failed: Callable[[str], None], once: bool = False
    ) -> None:
        Prober(probe=probe, subject=self._subject(), passed=passed, failed=failed, later=self._tick, once=once).begin()

    def _subject(self) -> Subject:
        first = self.spec.ports[0].number if self.spec.ports else None
        return Subject(port=first, listens_on=self.listens_on, respond=self.respond, execute=self.execute)

    def _tick(self, delay: float, call: Callable[[], None]) -> None:
        self._timers = [timer for timer in self._timers if timer.due >= self.clock.seconds]
        self._timers.append(self.clock.after(delay, call, background=True))

    def _later(self, delay: float, call: Callable[[], None]) -> None:
        self._timers.append(self.clock.after(delay, call))

    def _forget_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()


def memory_limit(spec: AppSpec) -> int | None:
    """Return the bytes that a replica may use; None when unbounded."""
    return memory_bytes(spec.resources.memory) if spec.resources.memory else None
