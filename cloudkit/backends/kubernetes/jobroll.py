"""Wait while a cluster brings a job to its end, and see soon where it cannot."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cloudkit.backends.jobs import job_failed, job_told, still_running
from cloudkit.backends.kubernetes.jobobjects import is_made_by
from cloudkit.backends.kubernetes.labels import GENERATION
from cloudkit.backends.kubernetes.runlook import run_cause, stuck_cause
from cloudkit.backends.kubernetes.runs import run_of_job
from cloudkit.backends.rolling import allowance, superseded, suspicion
from cloudkit.errors import BackendError
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.run import Outcome, Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.backends.kubernetes.jobobjects import Job
    from cloudkit.backends.kubernetes.objects import Pod
    from cloudkit.backends.kubernetes.sight import Sight
    from cloudkit.model.app import AppSpec
    from cloudkit.model.progress import Listener

__all__ = ["JobRoll"]

TICK = 1.0  # seconds after which it is looked again though nothing was told
DIAGNOSE = 1.5  # seconds between two searches for what keeps it from beginning


@dataclass(slots=True, kw_only=True)
class JobRoll:
    """One run's way to its end.

    Args:
        client: A connection to the API server.
        spec: What is wanted.
        generation: The generation that it waits for, a newer one ends it; None for a run that any leaves alone.
        find: Returns its Job as it is now, and makes another where it may; raises where it may not.
        listener: Hears of each step.
        begun: When its caller began, as ``time.monotonic`` tells it.
    """

    client: Client
    spec: AppSpec
    generation: int | None
    find: Callable[[], Job | None]
    listener: Listener
    begun: float = field(default_factory=time.monotonic)
    _told: Run | None = None
    _progress: tuple[object, ...] = ()
    _progressed_at: float = field(default_factory=time.monotonic)
    _diagnosed_at: float = field(default_factory=time.monotonic)
    _suspected: CauseCode | None = None

    def run(self, sight: Sight, *, timeout: float | None) -> None:
        """Return once it has succeeded, or is stopped as it is asked to be.

        Args:
            sight: What there is of the app.
            timeout: Seconds since its caller began, at the most; None waits as long as it takes.

        Raises:
            RolloutError: It has failed, cannot begin, or goes on beyond the time.
            ConflictError: Somebody else wants something newer.
        """
        ends = None if timeout is None else self.begun + timeout
        while True:
            self._guard(sight)
            job = self.find()
            if job is None or self._is_over(job, sight.pods):
                return
            if ends is not None and time.monotonic() >= ends:
                raise job_failed(self.spec.name, still_running(self.spec, run_of_job(job), timeout or 0.0))
            self._refuse_stuck(job, _of(job, sight.pods))
            sight.wait(TICK if ends is None else min(TICK, max(0.0, ends - time.monotonic())))

    def _guard(self, sight: Sight) -> None:
        record, generation = sight.owner, self.generation
        there = record.metadata.annotations.get(GENERATION) if record is not None else ""
        if generation is not None and there != str(generation):
            raise superseded(self.spec.name, generation)

    def _is_over(self, job: Job, pods: Sequence[Pod]) -> bool:
        """Tell whether it has come to its end and all its replicas have; raise where it has failed."""
        run, running = run_of_job(job), [one for one in _of(job, pods) if not _ended(one)]
        if run != self._told:
            self._told = run
            self.listener(job_told(self.spec, run))
        if running or not (run.over or self.spec.stopped):
            return False
        if run.outcome is Outcome.FAILED:
            cause = run_cause(self.client, self.spec, job)
            assert cause is not None  # noqa: S101  # what has failed has one
            raise job_failed(self.spec.name, cause)
        return True

    def _refuse_stuck(self, job: Job, pods: Sequence[Pod]) -> None:
        """Raise where replicas cannot begin: at once where that is certain, else after the time that a roll has."""
        now, run = time.monotonic(), run_of_job(job)
        active = any(one.status.phase == "Running" for one in pods)
        progress = (run.completed, run.failed, active)
        if active or progress != self._progress:
            self._progress, self._progressed_at = progress, now
        late = now - self._progressed_at > allowance(self.spec)
        if active or now - self._diagnosed_at < DIAGNOSE:
            return
        self._diagnosed_at = now
        cause = self._stuck(job, late=late)
        if cause is None and late and not (pods or run.failed):
            cause = _unheard(self.spec, now - self._progressed_at)
        if cause is not None and (cause.certain or late):
            raise job_failed(self.spec.name, replace(cause, certain=True), over=False)
        if cause is not None and cause.code is not self._suspected:
            self._suspected = cause.code
            self.listener(suspicion(self.spec, cause))

    def _stuck(self, job: Job, *, late: bool) -> Cause | None:
        """Ask why; an API server that is restarted tells nothing of the job."""
        try:
            return stuck_cause(self.client, self.spec, job)
        except BackendError:
            if late:
                raise
            return None


def _of(job: Job, pods: Sequence[Pod]) -> list[Pod]:
    return [one for one in pods if is_made_by(one.metadata, job.metadata.uid)]


def _ended(pod: Pod) -> bool:
    return pod.status.phase in {"Succeeded", "Failed"} and pod.metadata.deletion_timestamp is None


def _unheard(spec: AppSpec, seconds: float) -> Cause:
    summary = f"the cluster has accepted {spec.name}, and no controller has acted on it for {seconds:.0f} s"
    return Cause(code=CauseCode.UNKNOWN, summary=summary, fix="kubectl get pods -n kube-system", certain=False)
