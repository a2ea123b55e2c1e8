"""A job on the twin: its replicas as attempts, its steps as a plan says them, and its way to its end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from cloudkit.backends.jobs import (
    Attempt,
    JobStep,
    job_actions,
    job_cause,
    job_failed,
    job_step,
    job_told,
    run_of,
    run_removed,
    still_running,
)
from cloudkit.backends.memory.causes import cause_of_one
from cloudkit.backends.memory.container import Container
from cloudkit.backends.memory.record import Record, Revised
from cloudkit.backends.memory.roll import Roll
from cloudkit.errors import BackendError, ConflictError, RolloutError
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause
from cloudkit.model.plan import Action, ActionKind
from cloudkit.model.run import Outcome, Run
from cloudkit.model.state import ReplicaPhase

__all__ = ["JobRoll", "attempt_of", "cause_of_run", "cause_seen", "job_steps", "run_seen"]


def run_seen(record: Record, now: float) -> Run:
    """Return how far a job is; ``now`` is in seconds since the epoch."""
    mine = [attempt_of(one) for one in record.containers if one.revision == record.revision]
    return run_of(record.spec.job, mine, now, since=record.changed)


def cause_seen(record: Record, now: float) -> Cause | None:
    """Return why a job has failed, or may."""
    mine = [one for one in record.containers if one.revision == record.revision]
    return cause_of_run(record.spec, run_seen(record, now), mine)


def cause_of_run(spec: AppSpec, run: Run, containers: Sequence[Container]) -> Cause | None:
    """Return why a run has failed, or may, from the last of its replicas that failed."""
    failed = [one for one in containers if attempt_of(one).phase == "failed"]
    return job_cause(spec, run, cause_of_one(failed[-1]) if failed else None)


def job_steps(wanted: AppSpec, record: Record | None, revision: int, now: float) -> Iterator[Action]:
    """Return the steps of a job's replicas, as a plan says them."""
    containers = record.containers if record else []
    named = [(one.name, attempt_of(one)) for one in containers]
    if wanted.stopped:
        under_way = [name for name, one in named if one.phase in {"active", "fresh"} or one.revision != revision]
        yield from (Action(kind=ActionKind.REMOVE, object="replica", name=name) for name in under_way)
        return
    run = run_of(
        wanted.job, [one for _, one in named if one.revision == revision], now, since=record.changed if record else 0.0
    )
    yield from job_actions(wanted, revision, named, run, again=run.outcome is Outcome.FAILED)


@dataclass(slots=True, kw_only=True)
class JobRoll(Roll):
    """A job's way to its end, or that of one run of a cron; who does not wait for it leaves it to the clock.

    Args:
        of: What its replicas are made from, where that is not what is wanted of the app.
        ended: Called once it is over.
    """

    of: Revised | None = None
    ended: Callable[[], None] = lambda: None
    _again: frozenset[str] = field(default_factory=frozenset)
    _told: Run | None = None
    _waits: bool = False
    _patience: float = 0.0

    def run(self, timeout: float | None) -> None:
        """Act and let time pass until the job is over."""
        self._waits, self._patience = True, timeout or 0.0
        super(JobRoll, self).run(timeout)

    def step_once(self) -> None:
        """Do the next step, and leave the others to whoever comes next."""
        self._begin()
        with suppress(RolloutError, ConflictError):
            self._look(None)

    @property
    def _made(self) -> Revised:
        return self.of or Revised(spec=self.record.spec, revision=self.record.revision)

    @property
    def _mine(self) -> list[Container]:
        run = self.of.run if self.of else ""
        return [one for one in self.record.containers if one.run == run]

    @property
    def _now(self) -> float:
        return self.world.clock.now.timestamp()

    def _begin(self) -> None:
        super(JobRoll, self)._begin()
        if self.of is None and self._run().outcome is Outcome.FAILED:
            self._again = frozenset(one.id for one in self._mine)

    def _guard(self) -> None:
        """Raise where somebody wants something newer; a run of a cron goes on while its app is there."""
        if self.of is None or self.world.records.get(self.record.app) is not self.record:
            super(JobRoll, self)._guard()

    def _look(self, ends: float | None) -> bool:
        """Act once; True when the job is over, or rests."""
        with self.world.clock.lock:
            self._guard()
            if self.record.spec.stopped and self.of is None:
                return self._rest()
            if self.of is not None and self._told is not None and not self._mine:
                raise run_removed(self.record.spec.name)
            step, run = self._step(), self._run()
            self._do(step)
            self._tell_of(run)
            if step.over:
                return self._end(run)
            if ends is not None and self.world.clock.seconds > ends:
                raise job_failed(self.record.spec.name, still_running(self._made.spec, run, self._patience))
            self._refuse_endless(step, ends)
            return False

    def _rest(self) -> bool:
        """Stop and remove what runs: it begins anew, and what has ended stays."""
        for one in self._mine:
            if attempt_of(one).phase in {"active", "fresh"} or one.revision != self.record.revision:
                self._let_go(one)
        return not any(one.running for one in self.record.containers)

    def _end(self, run: Run) -> bool:
        self.ended()
        if run.outcome is Outcome.FAILED:
            cause = cause_of_run(self._made.spec, run, self._mine)
            assert cause is not None  # noqa: S101  # what has failed has one
            raise job_failed(self.record.spec.name, cause)
        if self.of is None:
            self.record.settle()
        return True

    def _run(self) -> Run:
        made = self._made
        mine = [attempt_of(one) for one in self._mine if one.revision == made.revision]
        return run_of(made.spec.job, mine, self._now, since=self.record.changed if self.of is None else 0.0)

    def _step(self) -> JobStep:
        attempts, made = [attempt_of(one) for one in self._mine], self._made
        return job_step(made.spec.job, made.revision, attempts, self._run(), now=self._now, again=self._again)

    def _do(self, step: JobStep) -> None:
        by_id = {one.id: one for one in self._mine}
        for id in step.remove:
            self._let_go(by_id[id])
        for id in step.end:
            self.world.faults.step()
            by_id[id].stop()
        made: list[Container | int] = [*(by_id[id] for id in step.revive), *step.start]
        for what in made:
            self.world.faults.step()
            self._launch(what)

    def _launch(self, what: Container | int) -> None:
        """Start a replica that was made, or one of a number that is to be made."""
        if not isinstance(what, Container):
            what = self.world.create(self.record, what, of=self._made)
            self.world.faults.step()
        what.start()

    def _let_go(self, one: Container) -> None:
        """Ask a replica to end, and remove it once it has."""
        self.world.faults.step()
        one.stop()
        if not one.running:
            self.world.lose(one)

    def _tell_of(self, run: Run) -> None:
        if run != self._told:
            self._told = run
            self.listener(job_told(self._made.spec, run))

    def _refuse_endless(self, step: JobStep, ends: float | None) -> None:
        """Raise where nothing can come any more: the clock moves for nobody else, and the program never ends."""
        bounded = not self._waits or ends is not None or self._made.spec.job.time_limit is not None
        runs = any(one.running for one in self._mine)
        if step.idle and runs and not bounded and not self.world.clock.busy and threading.active_count() == 1:
            message = f"job {self.record.spec.name!r} never ends: its program runs on for ever"
            raise BackendError(message, hint="Program(exits=...), or wait=False")


def attempt_of(one: Container) -> Attempt:
    """Return a replica as a job's next step sees it."""
    return Attempt(
        id=one.id,
        revision=one.revision,
        number=one.ordinal,
        phase=_PHASES.get(one.phase, "failed") if not one.refused else "failed",
        began=one.started_at.timestamp() if one.started_at else None,
        ended=one.ended_at.timestamp() if one.ended_at else None,
    )


_PHASES: dict[ReplicaPhase, Literal["fresh", "active", "done", "failed"]] = {
    ReplicaPhase.PENDING: "fresh",
    ReplicaPhase.STARTING: "active",
    ReplicaPhase.READY: "active",
    ReplicaPhase.UNREADY: "active",
    ReplicaPhase.DRAINING: "active",
    ReplicaPhase.COMPLETED: "done",
}
