"""Laws of a job: it comes to its end, with as many replicas and retries as it was given, and its lines stay."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from contract.drivers.driver import Driver, Verb
from contract.seen import eventually, ids

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError, RolloutError
from cloudkit.model.cause import CauseCode
from cloudkit.model.run import Outcome
from cloudkit.model.state import AppPhase, AppState, ReplicaPhase

SOON, LONG = {"EXIT_AFTER": "0.5"}, {"EXIT_AFTER": "600"}
FAILS = {"EXIT_AFTER": "0.3", "EXIT_CODE": "4"}
PATIENCE = 60.0  # seconds, as the machine may be busy


def test_a_job_runs_to_its_end(driver: Driver, cloud: Cloud) -> None:
    """A deployment waits for it; what has ended stays, and the app says so."""
    job = cloud.deploy("migrate", driver.image, kind="job", env=SOON)

    state = job.status()
    assert (state.phase, state.ready, state.wanted, state.settled) == (AppPhase.COMPLETED, 1, 1, True)
    assert [(one.phase, one.exit_code) for one in state.replicas] == [(ReplicaPhase.COMPLETED, 0)]
    assert (state.counted, state.cause, state.url) == ("1/1 completed", None, "")
    assert state.run is not None
    assert (state.run.outcome, state.run.completed, state.run.failed) == (Outcome.SUCCEEDED, 1, 0)


def test_the_lines_of_an_ended_job_are_read(driver: Driver, cloud: Cloud) -> None:
    """Whether it has succeeded or failed."""
    good = cloud.deploy("good", driver.image, kind="job", env=SOON)
    bad = cloud.app("bad")
    with pytest.raises(RolloutError):
        cloud.deploy("bad", driver.image, kind="job", env=FAILS, retries=0)

    eventually(driver, lambda: [line.text for line in good.logs()] == ["started hello", "last words"])
    eventually(driver, lambda: [line.text for line in bad.logs()] == ["started hello", "last words"])


def test_a_job_that_has_succeeded_is_not_run_again(driver: Driver, cloud: Cloud) -> None:
    """The same spec is an empty plan then."""
    job = cloud.deploy("migrate", driver.image, kind="job", env=SOON)
    before = job.status()

    again = cloud.deploy("migrate", driver.image, kind="job", env=SOON).status()

    assert cloud.backend.plan(before.spec).empty
    assert (again.generation, [one.id for one in again.replicas]) == (1, [one.id for one in before.replicas])


def test_all_completions_are_run_and_no_more(driver: Driver, cloud: Cloud) -> None:
    """As many at once as was said, at the most."""
    job = cloud.deploy(
        "load", driver.image, kind="job", env={"EXIT_AFTER": "2"}, completions=4, parallelism=2, wait=False
    )
    most = 0

    def ended() -> bool:
        nonlocal most
        state = job.status()
        most = max(most, _running(state))
        return state.settled

    with driver.controller():
        eventually(driver, ended, seconds=PATIENCE)

    state = job.status()
    assert (state.phase, state.ready, state.wanted, len(state.replicas)) == (AppPhase.COMPLETED, 4, 4, 4)
    assert most == 2


def test_a_replica_that_fails_is_tried_again(driver: Driver, cloud: Cloud) -> None:
    """By another; the one that failed stays to be looked at."""
    job = cloud.deploy("migrate", driver.image, kind="job", env={"EXIT_AFTER": "6"}, retries=2, wait=False)
    eventually(driver, lambda: _ready(job.status()) == 1)

    driver.crash("migrate", job.status().replicas[0])
    with driver.controller():
        eventually(driver, lambda: job.status().settled, seconds=PATIENCE)

    state = job.status()
    assert (state.phase, state.ready) == (AppPhase.COMPLETED, 1)
    assert sorted(str(one.phase) for one in state.replicas) == ["completed", "crashed"]
    assert state.run is not None
    assert (state.run.failed, state.run.retries) == (1, 2)


def test_a_job_fails_when_its_retries_are_used_up(driver: Driver, cloud: Cloud) -> None:
    """With the exit code and the last lines of the last that failed."""
    with pytest.raises(RolloutError, match="job 'migrate' failed: ") as caught:
        cloud.deploy("migrate", driver.image, kind="job", env=FAILS, retries=1)

    cause, state = caught.value.cause, cloud.app("migrate").status()
    assert cause is not None
    assert (cause.code, cause.certain) == (CauseCode.EXITED, True)
    assert "exit code 4" in cause.evidence
    assert "last words" in cause.evidence
    assert (state.phase, state.ready, state.settled) == (AppPhase.FAILED, 0, True)
    assert [one.phase for one in state.replicas] == [ReplicaPhase.CRASHED] * 2
    assert state.cause is not None
    assert state.cause.summary == cause.summary


def test_a_job_that_has_failed_is_run_again_by_the_same_call(driver: Driver, cloud: Cloud) -> None:
    """And has all its retries again."""
    with pytest.raises(RolloutError):
        cloud.deploy("migrate", driver.image, kind="job", env=FAILS, retries=1)
    before = cloud.app("migrate").status()

    planned = cloud.backend.plan(before.spec)
    with pytest.raises(RolloutError):
        cloud.app("migrate").deploy()

    after = cloud.app("migrate").status()
    assert not planned.empty
    assert {one.id for one in before.replicas}.isdisjoint(one.id for one in after.replicas)
    assert (len(after.replicas), after.revision) == (2, before.revision)


def test_another_spec_stops_the_run_before_it(driver: Driver, cloud: Cloud) -> None:
    """Nothing of that is left when the new one has ended, and there is no return to it."""
    cloud.deploy("migrate", driver.image, kind="job", env=LONG, wait=False)
    job = cloud.app("migrate")
    before = ids(job)

    job.deploy(env={**SOON, "BODY": "new"})

    state = job.status()
    assert (state.phase, state.revision, len(state.replicas)) == (AppPhase.COMPLETED, 2, 1)
    assert before.isdisjoint(ids(job))
    with pytest.raises(RolloutError):
        job.deploy(env=FAILS, retries=0)
    assert (job.status().phase, job.status().revision) == (AppPhase.FAILED, 3)


def test_a_restart_runs_a_job_again(driver: Driver, cloud: Cloud) -> None:
    """Of the same spec, as another revision; a rollback runs the spec of an earlier one."""
    job = cloud.deploy("migrate", driver.image, kind="job", env=SOON)
    first = ids(job)

    job.restart()
    second = job.status()
    job.deploy(env={**SOON, "BODY": "new"}).rollback()

    assert (second.phase, second.revision) == (AppPhase.COMPLETED, 2)
    assert first.isdisjoint(one.id for one in second.replicas)
    assert job.status().spec.env == SOON
    assert job.status().phase is AppPhase.COMPLETED


def test_a_job_is_ended_at_its_time_limit(driver: Driver, cloud: Cloud) -> None:
    """And has failed for that."""
    with pytest.raises(RolloutError, match="time limit of 2 s") as caught:
        cloud.deploy("migrate", driver.image, kind="job", env=LONG, time_limit=2)

    state = cloud.app("migrate").status()
    assert caught.value.cause is not None
    assert caught.value.cause.code is CauseCode.DEADLINE
    assert (state.phase, _running(state)) == (AppPhase.FAILED, 0)


def test_a_stopped_job_goes_on(driver: Driver, cloud: Cloud) -> None:
    """What had completed stays completed; what ran begins anew."""
    job = cloud.deploy("load", driver.image, kind="job", env={"EXIT_AFTER": "3"}, completions=2, wait=False)
    with driver.controller():
        eventually(driver, lambda: job.status().ready == 1 and _running(job.status()) == 1, seconds=PATIENCE)
    job.stop()
    stopped = job.status()
    driver.pause(4)
    still = job.status()

    job.start()

    assert (stopped.phase, stopped.settled, _running(stopped)) == (AppPhase.STOPPED, True, 0)
    assert (still.ready, still.generation) == (stopped.ready, stopped.generation)
    assert (job.status().phase, job.status().ready) == (AppPhase.COMPLETED, 2)


def test_a_wait_is_for_the_end(driver: Driver, cloud: Cloud) -> None:
    """It returns when the job has succeeded, and raises when it has failed, or takes too long."""
    good = cloud.deploy("good", driver.image, kind="job", env={"EXIT_AFTER": "3"}, wait=False)
    bad = cloud.deploy("bad", driver.image, kind="job", env={**FAILS, "EXIT_AFTER": "3"}, retries=0, wait=False)
    slow = cloud.deploy("slow", driver.image, kind="job", env=LONG, wait=False)

    good.wait(timeout=PATIENCE)
    with pytest.raises(RolloutError, match="job 'bad' failed: "):
        bad.wait(timeout=PATIENCE)
    with pytest.raises(RolloutError, match="job 'slow' is still running: 0/1 completed after 1 s"):
        slow.wait(timeout=1)

    assert good.status().phase is AppPhase.COMPLETED


def test_a_job_that_is_waited_for_too_long_goes_on(driver: Driver, cloud: Cloud) -> None:
    """Its caller is told, and nothing is taken back."""
    with pytest.raises(RolloutError, match="job 'slow' is still running: 0/1 completed after 1 s"):
        cloud.deploy("slow", driver.image, kind="job", env=LONG, timeout=1)

    assert cloud.app("slow").status().phase is AppPhase.PROGRESSING
    eventually(driver, lambda: _running(cloud.app("slow").status()) == 1)


def test_a_deleted_job_leaves_nothing(driver: Driver, cloud: Cloud) -> None:
    """Whether it runs or has ended."""
    cloud.deploy("ran", driver.image, kind="job", env=SOON).delete()
    cloud.deploy("runs", driver.image, kind="job", env=LONG, wait=False).delete()

    eventually(driver, lambda: driver.leftovers("ran") == driver.leftovers("runs") == [])


def test_a_job_stays_a_job(driver: Driver, cloud: Cloud) -> None:
    """It becomes nothing else, and nothing else becomes one."""
    job = cloud.deploy("migrate", driver.image, kind="job", env=SOON)
    work = cloud.deploy("work", driver.image, kind="worker")

    with pytest.raises(ConflictError, match="has the kind job; it cannot take the kind worker"):
        job.deploy(kind="worker")
    with pytest.raises(ConflictError, match="has the kind worker; it cannot take the kind job"):
        work.deploy(kind="job")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["deploy", "again"])
def test_what_a_kill_leaves_of_a_job_is_carried_on(driver: Driver, cloud: Cloud, name: str) -> None:
    """In front of every change of the engine: the same call brings it to its end, and nothing completes too often."""
    job = cloud.app("migrate")
    options = {"name": "migrate", "image": driver.image, "kind": "job", "env": SOON, "completions": 2, "parallelism": 2}
    for step in driver.kill_points:
        job.delete()
        verb = Verb(name="deploy", options=options)
        if name == "again":
            cloud.deploy(**options)
            verb = Verb(name="restart", app="migrate")

        if not driver.kill(verb, step):
            break
        cloud.deploy(**options)

        state = job.status()
        assert (state.phase, state.ready, _completed(state)) == (AppPhase.COMPLETED, 2, 2), step
        assert {one.revision for one in state.replicas} == {state.revision}, step


def test_a_killed_controller_is_carried_on_with_a_job(driver: Driver, cloud: Cloud) -> None:
    """By the next: no completion is lost, and none is made twice."""
    for point in driver.kill_points:
        cloud.app("load").delete()
        job = cloud.deploy("load", driver.image, kind="job", env=SOON, completions=3, wait=False)

        killed = not driver.heals and driver.kill(Verb(name="controller", options={"once": True}), point)
        with driver.controller():
            eventually(driver, _settled(job), seconds=PATIENCE)

        state = job.status()
        assert (state.phase, _completed(state)) == (AppPhase.COMPLETED, 3), point
        if not killed:
            break


def test_two_who_carry_a_job_on_run_it_once(driver: Driver, cloud: Cloud) -> None:
    """A controller beside a caller who waits: no replica is made for two."""
    with driver.controller():
        job: App = cloud.deploy(
            "load", driver.image, kind="job", env={"EXIT_AFTER": "1"}, completions=6, parallelism=3, timeout=PATIENCE
        )

    state = job.status()
    assert (state.phase, len(state.replicas)) == (AppPhase.COMPLETED, 6)


def _settled(job: App) -> Callable[[], bool]:
    return lambda: job.status().settled


def _completed(state: AppState) -> int:
    return sum(one.phase is ReplicaPhase.COMPLETED for one in state.replicas)


def _running(state: AppState) -> int:
    at_rest = {ReplicaPhase.COMPLETED, ReplicaPhase.CRASHED, ReplicaPhase.STOPPED}
    return sum(one.phase not in at_rest for one in state.replicas)


def _ready(state: AppState) -> int:
    return sum(one.phase is ReplicaPhase.READY for one in state.replicas)
