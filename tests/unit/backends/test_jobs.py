"""The steps of a job, played to its end from any beginning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudkit.backends.jobs import Attempt, JobStep, job_actions, job_cause, job_step, run_of
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.job import Job
from cloudkit.model.plan import ActionKind
from cloudkit.model.reference import Reference
from cloudkit.model.run import Outcome, Run

REVISION = 7
SPEC = AppSpec(name="load", image=Reference.parse("load:1"), kind="job")
jobs = st.builds(Job, completions=st.integers(1, 5), parallelism=st.integers(1, 4), retries=st.integers(0, 3))
phases = st.sampled_from(["fresh", "active", "done", "failed"])
members = st.lists(
    st.builds(
        Attempt,
        id=st.uuids().map(str),
        revision=st.sampled_from([REVISION - 1, REVISION]),
        number=st.one_of(st.none(), st.integers(0, 9)),
        phase=phases,
    ),
    max_size=6,
    unique_by=lambda one: (one.revision, one.number),
)


def at(number: int, phase: str, *, began: float = 100.0, ended: float | None = None) -> Attempt:
    """A replica of the wanted revision."""
    return Attempt(id=f"{number}", revision=REVISION, number=number, phase=phase, began=began, ended=ended)  # type: ignore[arg-type]  # one of the four words


def performed(there: list[Attempt], step: JobStep) -> list[Attempt]:
    """Do what a step says."""
    kept = [one for one in there if one.id not in step.remove]
    kept = [replace(one, phase="failed") if one.id in step.end else one for one in kept]
    kept = [replace(one, phase="active") if one.id in step.revive else one for one in kept]
    return [*kept, *(at(number, "active") for number in step.start)]


def steps(job: Job, there: list[Attempt], ends: list[bool]) -> Iterator[tuple[list[Attempt], JobStep]]:
    """Play a job to its end; replicas end as ``ends`` says, well where it says no more."""
    fates = iter(ends)
    for _ in range(100):
        mine = [one for one in there if one.revision == REVISION]
        step = job_step(job, REVISION, there, run_of(job, mine, 0.0), now=0.0)
        yield there, step
        if step.over:
            return
        if not step.idle:
            there = performed(there, step)
            continue
        index = next(index for index, one in enumerate(there) if one.phase == "active")
        there = [*there]
        there[index] = replace(there[index], phase="done" if next(fates, True) else "failed")
    raise AssertionError("it does not come to an end")


@given(job=jobs, there=members, ends=st.lists(st.booleans(), max_size=12))
def test_every_job_comes_to_an_end(job: Job, there: list[Attempt], ends: list[bool]) -> None:
    """From any beginning: it has succeeded or failed, and nothing of it or of another revision runs."""
    last = list(steps(job, there, ends))[-1][0]

    assert {one.revision for one in last} <= {REVISION}
    assert run_of(job, last, 0.0).over
    assert not [one for one in last if one.phase in {"active", "fresh"}]


@given(job=jobs, ends=st.lists(st.booleans(), max_size=12))
def test_never_more_run_than_were_said(job: Job, ends: list[bool]) -> None:
    """Nor more complete than are wanted, nor more fail than the retries and the last."""
    for there, _ in steps(job, [], ends):
        assert sum(one.phase == "active" for one in there) <= job.parallelism
        assert sum(one.phase == "done" for one in there) <= job.completions
        numbers = [one.number for one in there]
        assert len(numbers) == len(set(numbers))
    assert sum(one.phase == "done" for one in there) <= job.completions


@given(job=jobs, there=members)
def test_a_plan_names_every_replica_that_is_to_start(job: Job, there: list[Attempt]) -> None:
    """And what goes first; it is not empty where there is a next step."""
    mine = [one for one in there if one.revision == REVISION]
    run = run_of(job, mine, 0.0)
    spec = SPEC.replace(job=job)

    actions = list(job_actions(spec, REVISION, [(one.id, one) for one in there], run, again=False))

    step = job_step(job, REVISION, there, run, now=0.0)
    started = [one.name for one in actions if one.kind is ActionKind.START]
    assert actions or not (step.remove or step.start or step.revive)
    assert [one for one in started if one in step.revive] == list(step.revive)
    assert {f"load-{REVISION}-n{number}" for number in step.start} <= set(started)
    removed = {one.name for one in actions if one.kind is ActionKind.REMOVE}
    assert removed >= {one.id for one in there if one.revision != REVISION}


def test_a_failure_is_followed_by_a_pause() -> None:
    """Twice as long after each."""
    job = Job(retries=3)
    once, twice = [at(0, "failed", ended=10.0)], [at(0, "failed", ended=5.0), at(1, "failed", ended=10.0)]

    def starts(there: list[Attempt], now: float) -> tuple[int, ...]:
        return job_step(job, REVISION, there, run_of(job, there, now), now=now).start

    assert (starts(once, 10.9), starts(once, 11.0)) == ((), (1,))
    assert (starts(twice, 11.9), starts(twice, 12.0)) == ((), (2,))


def test_a_failed_run_that_is_repeated_goes_first() -> None:
    """All of it, before anything starts."""
    there = [at(0, "failed"), at(1, "failed")]
    job = Job(retries=1)

    first = job_step(job, REVISION, there, run_of(job, there, 0.0), now=0.0, again=["0", "1"])
    second = job_step(job, REVISION, [], Run(), now=0.0, again=["0", "1"])

    assert first == JobStep(remove=("0", "1"))
    assert second.start == (0,)


def test_a_time_limit_counts_from_the_last_change() -> None:
    """So that a job which was stopped has all of it again."""
    job = Job(time_limit=60, completions=2)
    there = [at(0, "done"), at(1, "active", began=500.0)]

    assert run_of(job, there, 520.0).outcome is Outcome.FAILED
    assert run_of(job, there, 520.0, since=499.0).outcome is Outcome.RUNNING
    assert run_of(job, there, 559.0, since=499.0).outcome is Outcome.FAILED


@pytest.mark.parametrize(("failed", "certain"), [(1, False), (3, False), (4, True)])
def test_a_cause_is_certain_once_the_job_has_failed(failed: int, *, certain: bool) -> None:
    """Before that a retry may still succeed."""
    run = run_of(SPEC.job, [at(number, "failed") for number in range(failed)], 0.0)
    last = Cause(code=CauseCode.EXITED, summary="load-7-n0 exited with 3", evidence=("exit code 3",))

    cause = job_cause(SPEC, run, last)

    assert cause is not None
    assert (cause.code, cause.certain, cause.evidence) == (CauseCode.EXITED, certain, ("exit code 3",))
    assert cause.summary == f"load-7-n0 exited with 3; {min(failed, 3)} of 3 retries used"
