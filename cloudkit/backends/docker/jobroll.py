"""Bring a job to its end on an engine, step by step, from whatever is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from cloudkit.backends.docker.ending import end_replicas, stop_replicas
from cloudkit.backends.docker.jobs import attempts_of, run_seen
from cloudkit.backends.docker.observe import Observation, Seen
from cloudkit.backends.docker.replicas import Replicas
from cloudkit.backends.jobs import JobStep, job_step, job_told, later_told, run_removed, still_running
from cloudkit.backends.rolling import NotReady, superseded
from cloudkit.errors import CloudkitError
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.progress import Listener
from cloudkit.model.run import Outcome, Run

__all__ = ["JobRoll"]

FIRST_TICK, LAST_TICK = 0.02, 0.25  # seconds between two looks, from the first to the later ones


@dataclass(slots=True, kw_only=True)
class JobRoll:
    """One job's way to its end.

    Args:
        spec: What is wanted.
        revision: The revision that its replicas have.
        generation: The generation this acts for; a newer one ends it.
        observe: Looks at the engine.
        detail: Asks the engine about a replica in full.
        diagnose: Asks why the job has failed.
        replicas: Starts them.
        listener: Hears of each step.
        repeats: True where a run that has failed is repeated; False where each run is one of its own.
    """

    spec: AppSpec
    revision: int
    generation: int
    observe: Callable[[], Observation]
    detail: Callable[[Seen], Mapping[str, Any]]
    diagnose: Callable[[Observation], Cause | None]
    replicas: Replicas
    listener: Listener
    repeats: bool = True
    _again: frozenset[str] | None = None
    _fresh: frozenset[str] = frozenset()
    _told: Run | None = None
    _tick: float = FIRST_TICK
    _details: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def run(self, *, wait: bool, timeout: float | None) -> Observation:
        """Act until the job is over, and return what was seen last.

        Args:
            wait: False leaves once there is nothing more to do but wait.
            timeout: Seconds at the most; None waits as long as it takes.

        Raises:
            NotReady: It has failed, or goes on beyond the time.
            ConflictError: Somebody else wants something newer.
        """
        ends = None if timeout is None else time.monotonic() + timeout
        while True:
            seen = self._guarded()
            run, step = self._next(seen)
            self._tell(run)
            if step.over:
                return self._ended(run, seen)
            if step.idle and not wait:
                return self._left(seen, step)
            if ends is not None and time.monotonic() >= ends:
                raise NotReady(still_running(self.spec, run, timeout or 0.0))
            self._do(step, seen)

    def _guarded(self) -> Observation:
        """Look, and end where somebody wants something newer: they may not have counted on what was made since."""
        seen = self.observe()
        if seen.generation != self.generation:
            fresh = [one for one in seen.replicas if one.name in self._fresh]
            with suppress(CloudkitError):
                end_replicas(self.replicas.api, fresh, grace=self.spec.stop_grace)
            raise superseded(self.spec.name, self.generation)
        return seen

    def _next(self, seen: Observation) -> tuple[Run, JobStep]:
        if not (self.repeats or self._told is None or seen.replicas):
            raise run_removed(self.spec.name)
        attempts, now = attempts_of(seen.replicas, self._known), time.time()
        run = run_seen(self.spec, self.revision, seen, attempts, now)
        if self._again is None:  # at the first look: a run that has failed is repeated
            over = self.repeats and run.outcome is Outcome.FAILED
            self._again = frozenset(one.id for one in attempts if over)
        return run, job_step(self.spec.job, self.revision, attempts, run, now=now, again=self._again)

    def _known(self, seen: Seen) -> Mapping[str, Any]:
        """Return what is known of a replica that is not running, asked once."""
        if seen.id not in self._details or seen.state == "created":
            self._details[seen.id] = self.detail(seen)
        return self._details[seen.id]

    def _do(self, step: JobStep, seen: Observation) -> None:
        self._fresh = frozenset()
        if step.idle:
            time.sleep(self._tick)
            self._tick = min(LAST_TICK, self._tick * 1.5)
            return
        self._tick, api, grace = FIRST_TICK, self.replicas.api, self.spec.stop_grace
        end_replicas(api, _those(seen, step.remove), grace=grace)
        stop_replicas(api, _those(seen, step.end), grace=grace)
        if step.revive or step.start:
            revive = _those(seen, step.revive)
            started = self.replicas.start(self.spec, self.revision, 0, revive, ordinals=step.start)
            self._fresh = frozenset(started).difference(one.name for one in seen.replicas)

    def _ended(self, run: Run, seen: Observation) -> Observation:
        if run.outcome is Outcome.FAILED:
            unknown = Cause(
                code=CauseCode.UNKNOWN, summary="its replicas are gone", fix=f"cloudkit events {self.spec.name}"
            )
            raise NotReady(self.diagnose(seen) or unknown)
        return seen

    def _left(self, seen: Observation, step: JobStep) -> Observation:
        if step.later:
            self.listener(later_told(self.spec, step.later))
        return seen

    def _tell(self, run: Run) -> None:
        if run != self._told:
            self._told = run
            self.listener(job_told(self.spec, run))


def _those(seen: Observation, ids: Sequence[str]) -> list[Seen]:
    return [one for one in seen.replicas if one.id in ids]
