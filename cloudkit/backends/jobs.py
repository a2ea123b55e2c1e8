"""How a job comes to its end: what has come of it, and the next step; pure, and the same on engines that have no loop.

Both follow from the replicas that are there, so whoever comes next goes on where another was killed. A replica has a
number in its name, which no other has: two who see the same lack make the same replica, and only one of them does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from cloudkit.backends.kinds import attempt_name
from cloudkit.errors import ConflictError, RolloutError
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.job import Job
from cloudkit.model.plan import Action, ActionKind
from cloudkit.model.progress import Phase, Progress
from cloudkit.model.run import Outcome, Run

__all__ = [
    "Attempt",
    "JobStep",
    "job_actions",
    "job_cause",
    "job_failed",
    "job_step",
    "job_told",
    "later_told",
    "run_of",
    "run_removed",
    "still_running",
]

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds between a failure and the next try, doubled with each failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A replica of a job.

    Args:
        id: The engine's identifier.
        revision: What it was made from.
        number: Its number among those of its revision; None for one that has none, which is to go.
        phase: ``fresh`` where it was made and not started, ``active`` while it runs, ``done`` or ``failed`` after.
        began: When it started, in seconds since the epoch; None before.
        ended: When it ended; None before, and where that is not known.
    """

    id: str
    revision: int
    number: int | None
    phase: Literal["fresh", "active", "done", "failed"]
    began: float | None = None
    ended: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStep:
    """What to do next.

    Args:
        remove: The replicas to stop and remove, by identifier: of another revision, or of a run that is repeated.
        end: The replicas to stop and keep, as the job has failed meanwhile.
        revive: Those to start that were made and not started.
        start: The numbers of new ones.
        later: How many are to be started yet, once others have ended or a pause is over.
        over: True when nothing is to be done any more.
    """

    remove: tuple[str, ...] = ()
    end: tuple[str, ...] = ()
    revive: tuple[str, ...] = ()
    start: tuple[int, ...] = ()
    later: int = 0
    over: bool = False

    @property
    def idle(self) -> bool:
        """True when there is nothing to do but wait."""
        return not (self.remove or self.end or self.revive or self.start)


def run_of(job: Job, attempts: Collection[Attempt], now: float, *, since: float = 0.0) -> Run:
    """Return how far a run is.

    Args:
        job: How it comes to its end.
        attempts: The replicas of its revision.
        now: The present moment, in seconds since the epoch.
        since: When what is wanted was last changed; a time limit counts from there where that is later.

    >>> def at(number: int, phase: str) -> Attempt:
    ...     return Attempt(id=f"{number}", revision=1, number=number, phase=phase, began=100.0, ended=101.0)
    >>> print(run_of(Job(completions=2), [at(0, "done"), at(1, "failed")], 102.0))
    1 completed, 1 of 3 retries used
    >>> run_of(Job(completions=2, time_limit=60), [at(0, "done"), at(1, "active")], 160.0).outcome
    <Outcome.FAILED: 'failed'>
    """
    done = sum(one.phase == "done" for one in attempts)
    failed = sum(one.phase == "failed" for one in attempts)
    first = min((one.began for one in attempts if one.began is not None), default=None)
    begun = None if first is None else max(first, since)
    return Run(
        completed=min(done, job.completions),
        failed=failed,
        retries=job.retries,
        outcome=_outcome(job, done, failed, late=_late(job, begun, now)),
        begun_at=None if first is None else datetime.fromtimestamp(first, UTC),
    )


def job_step(
    job: Job, revision: int, attempts: Sequence[Attempt], run: Run, *, now: float, again: Collection[str] = ()
) -> JobStep:
    """Decide the next step of a job's run.

    Never more than ``parallelism`` run, and never more than can still be of use.

    Args:
        job: How it comes to its end.
        revision: The revision that is wanted.
        attempts: The replicas that are there.
        run: How far it is.
        now: The present moment, in seconds since the epoch.
        again: The replicas of a run that has failed and is repeated, by identifier.

    >>> job_step(Job(completions=5, parallelism=2), 1, [], Run(), now=0.0)
    JobStep(remove=(), end=(), revive=(), start=(0, 1), later=3, over=False)
    """
    leaving = tuple(one.id for one in attempts if one.revision != revision or one.number is None or one.id in again)
    if leaving:
        return JobStep(remove=leaving)
    active = tuple(one.id for one in attempts if one.phase in {"active", "fresh"})
    if run.over:
        return JobStep(end=active, over=not active)
    missing = job.completions - run.completed - len(active)
    fresh = tuple(one.id for one in attempts if one.phase == "fresh")
    count = 0 if _resting(attempts, now) else max(0, min(missing, job.parallelism - len(active)))
    first = 1 + max((one.number for one in attempts if one.number is not None), default=-1)
    return JobStep(revive=fresh, start=tuple(range(first, first + count)), later=max(0, missing - count))


def job_actions(
    spec: AppSpec, revision: int, attempts: Sequence[tuple[str, Attempt]], run: Run, *, again: bool
) -> Iterator[Action]:
    """Return all the steps of a run, every replica taken for one that ends well.

    Args:
        spec: What is wanted.
        revision: The revision of that.
        attempts: The replicas that are there, each with its name.
        run: How far it is.
        again: True where it has failed and is run again.
    """
    mine = [(name, one) for name, one in attempts if one.revision == revision and one.number is not None and not again]
    for name, one in attempts:
        if (name, one) not in mine:
            yield Action(kind=ActionKind.REMOVE, object="replica", name=name)
    if mine and run.over:
        return
    done = sum(one.phase == "done" for _, one in mine)
    for name, one in mine:
        if one.phase == "fresh":
            yield Action(kind=ActionKind.START, object="replica", name=name)
    missing = spec.job.completions - done - sum(one.phase in {"active", "fresh"} for _, one in mine)
    first = 1 + max((one.number for _, one in mine if one.number is not None), default=-1)
    for number in range(first, first + max(0, missing)):
        name = attempt_name(spec.name, revision, number)
        yield Action(kind=ActionKind.START, object="replica", name=name, detail=f"revision {revision}")


def job_cause(spec: AppSpec, run: Run, last: Cause | None) -> Cause | None:
    """Return why a job has failed, or may; None where nothing is wrong.

    Args:
        spec: What is wanted.
        run: How far it is.
        last: Why its last replica failed; None where that is not known, or none has.
    """
    if run.outcome is Outcome.SUCCEEDED or (run.outcome is Outcome.RUNNING and not run.failed):
        return None
    over, job = run.outcome is Outcome.FAILED, spec.job
    if over and run.failed <= job.retries:
        return _too_long(spec, run, last)
    words = last.summary if last else f"{run.failed} replicas failed"
    summary = f"{words}; {run.tries or 'no retries'}" if job.retries else words
    evidence = last.evidence if last else ()
    return Cause(
        code=last.code if last else CauseCode.EXITED,
        summary=summary,
        evidence=evidence,
        fix=last.fix if last else f"cloudkit logs {spec.name}",
        certain=over,
    )


def job_failed(name: str, cause: Cause, *, over: bool = True) -> RolloutError:
    """Return the error of a job that has failed, or is waited for no longer, where its cause is not certain.

    Args:
        name: The job.
        cause: Why.
        over: False where it has not failed, and its replicas cannot begin.
    """
    words = ("failed" if over else "does not go on") if cause.certain else "is still running"
    return RolloutError(f"job {name!r} {words}: {cause.summary}", cause=cause)


def run_removed(name: str) -> ConflictError:
    """Return the error of a run that is gone while somebody brings it to its end."""
    return ConflictError(f"the run of {name!r} was removed by someone else", hint=f"cloudkit status {name}")


def still_running(spec: AppSpec, run: Run, seconds: float) -> Cause:
    """Return why a job is waited for no longer, which goes on."""
    what = f"{run.completed}/{spec.job.completions} completed after {seconds:g} s"
    return Cause(code=CauseCode.DEADLINE, summary=what, fix=f"cloudkit wait {spec.name}", certain=False)


def job_told(spec: AppSpec, run: Run) -> Progress:
    """Return what is told of how far a job is."""
    total = spec.job.completions
    words = (f"{run.completed}/{total} completed", run.tries)
    return Progress(
        phase=Phase.ROLL, item=spec.name, message=", ".join(filter(None, words)), current=run.completed, total=total,
        unit="completions", done=run.over,
    )  # fmt: skip


def later_told(spec: AppSpec, later: int) -> Progress:
    """Return what is told who leaves a job of which replicas are to be started yet."""
    replicas = "1 replica starts" if later == 1 else f"{later} replicas start"
    message = f"{replicas} as others complete: by cloudkit controller, or by this call again"
    return Progress(phase=Phase.NOTICE, item=spec.name, message=message)


def _outcome(job: Job, done: int, failed: int, *, late: bool) -> Outcome:
    if done >= job.completions:
        return Outcome.SUCCEEDED
    return Outcome.FAILED if failed > job.retries or late else Outcome.RUNNING


def _late(job: Job, begun: float | None, now: float) -> bool:
    return job.time_limit is not None and begun is not None and now - begun >= job.time_limit


def _resting(attempts: Collection[Attempt], now: float) -> bool:
    """True while the last failure is too short ago to try again."""
    ends = [one.ended for one in attempts if one.phase == "failed" and one.ended is not None]
    failed = sum(one.phase == "failed" for one in attempts)
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failed - 1, 20))
    return bool(ends) and now - max(ends) < pause


def _too_long(spec: AppSpec, run: Run, last: Cause | None) -> Cause:
    limit = spec.job.time_limit or 0.0
    summary = f"{run.completed} of {spec.job.completions} replicas had completed at the time limit of {limit:g} s"
    return Cause(
        code=CauseCode.DEADLINE,
        summary=summary,
        evidence=last.evidence if last else (),
        fix=f"cloudkit deploy {spec.name} {spec.image.familiar} --time-limit {2 * limit:g}",
    )
