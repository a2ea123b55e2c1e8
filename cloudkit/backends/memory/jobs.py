"""A job on the twin: its replicas as attempts, its steps as a plan says them, and its way to its end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
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
    still_running,
)
from cloudkit.backends.memory.causes import cause_of_one
from cloudkit.backends.memory.container import Container
from cloudkit.backends.memory.record import Record
from cloudkit.backends.memory.roll import Roll
from cloudkit.errors import BackendError
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause
from cloudkit.model.plan import Action, ActionKind
from cloudkit.model.run import Outcome, Run
from cloudkit.model.state import ReplicaPhase

__all__ = ["JobRoll", "cause_seen", "job_steps", "run_seen"]


def run_seen(record: Record, now: float) -> Run:
    """Return how far a job is; ``now`` is in seconds since the epoch."""
    mine = [_attempt(one) for one in record.containers if one.revision == record.revision]
    return run_of(record.spec.job, mine, now, since=record.changed)


def cause_seen(record: Record, now: float) -> Cause | None:
    """Return why a job has failed, or may."""
    failed = [one for one in record.containers if one.revision == record.revision and _attempt(one).phase == "failed"]
    return job_cause(record.spec, run_seen(record, now), cause_of_one(failed[-1]) if failed else None)


def job_steps(wanted: AppSpec, record: Record | None, revision: int, now: float) -> Iterator[Action]:
    """Return the steps of a job's replicas, as a plan says them."""
    containers = record.containers if record else []
    named = [(one.name, _attempt(one)) for one in containers]
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
    """A job's way to its end; who does not wait for it leaves it to the clock."""

    _again: frozenset[str] = field(default_factory=frozenset)
    _told: Run | None = None
    _waits: bool = False
    _patience: float = 0.0

    def run(self, timeout: float | None) -> None:
        """Act and let time pass until the job is over."""
        self._waits, self._patience = True, timeout or 0.0
        super(JobRoll, self).run(timeout)

    def _begin(self) -> None:
        super(JobRoll, self)._begin()
        if self._run().outcome is Outcome.FAILED:
            self._again = frozenset(one.id for one in self.record.containers)

    def _look(self, ends: float | None) -> bool:
        """Act once; True when the job is over, or rests."""
        with self.world.clock.lock:
            self._guard()
            if self.record.spec.stopped:
                return self._rest()
            step, run = self._step(), self._run()
            self._do(step)
            self._tell_of(run)
            if step.over:
                return self._end(run)
            if ends is not None and self.world.clock.seconds > ends:
                raise job_failed(self.record.spec.name, still_running(self.record.spec, run, self._patience))
            self._refuse_endless(step, ends)
            return False

    def _rest(self) -> bool:
        """Stop and remove what runs: it begins anew, and what has ended stays."""
        for one in list(self.record.containers):
            if _attempt(one).phase in {"active", "fresh"} or one.revision != self.record.revision:
                self._let_go(one)
        return not any(one.running for one in self.record.containers)

    def _end(self, run: Run) -> bool:
        if run.outcome is Outcome.FAILED:
            cause = cause_seen(self.record, self.world.clock.now.timestamp())
            assert cause is not None  # noqa: S101  # what has failed has one
            raise job_failed(self.record.spec.name, cause)
        self.record.settle()
        return True

    def _run(self) -> Run:
        return run_seen(self.record, self.world.clock.now.timestamp())

    def _step(self) -> JobStep:
        attempts, now = [_attempt(one) for one in self.record.containers], self.world.clock.now.timestamp()
        return job_step(self.record.spec.job, self.record.revision, attempts, self._run(), now=now, again=self._again)

    def _do(self, step: JobStep) -> None:
        by_id = {one.id: one for one in self.record.containers}
        for id in step.remove:
            self._let_go(by_id[id])
        for id in step.end:
            self.world.faults.step()
            by_id[id].stop()
        made: list[Container | int] = [*(by_id[id] for id in step.revive), *step.start]
        for what in made:
            self.world.faults.step()
            self._perform("start", what)

    def _let_go(self, one: Container) -> None:
        """Ask a replica to end, and remove it once it has."""
        self.world.faults.step()
        one.stop()
        if not one.running:
            self.world.lose(one)

    def _tell_of(self, run: Run) -> None:
        if run != self._told:
            self._told = run
            self.listener(job_told(self.record.spec, run))

    def _refuse_endless(self, step: JobStep, ends: float | None) -> None:
        """Raise where nothing can come any more: the clock moves for nobody else, and the program never ends."""
        bounded = not self._waits or ends is not None or self.record.spec.job.time_limit is not None
        runs = any(one.running for one in self.record.containers)
        if step.idle and runs and not bounded and not self.world.clock.busy and threading.active_count() == 1:
            message = f"job {self.record.spec.name!r} never ends: its program runs on for ever"
            raise BackendError(message, hint="Program(exits=...), or wait=False")


def _attempt(one: Container) -> Attempt:
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
