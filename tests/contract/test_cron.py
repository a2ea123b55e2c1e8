"""Laws of a schedule: it begins a run when it is due, once, and a run now when it is asked to."""

from __future__ import annotations

from collections import Counter

import pytest
from contract.drivers.driver import Driver, Verb
from contract.seen import eventually, ids

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError, RolloutError, UsageError
from cloudkit.model.cause import CauseCode
from cloudkit.model.run import Outcome
from cloudkit.model.state import AppPhase, ReplicaPhase

SOON = {"EXIT_AFTER": "0.3"}
FAILS = {"EXIT_AFTER": "0.3", "EXIT_CODE": "4"}
YEARLY = "0 0 1 1 *"
PATIENCE = 90.0  # seconds, as a minute has to pass


def test_a_schedule_waits_for_its_time(driver: Driver, cloud: Cloud) -> None:
    """It is ready, runs nothing, and says when it will."""
    backup = cloud.deploy("backup", driver.image, kind="cron", schedule=YEARLY, env=SOON)

    state = backup.status()
    assert (state.phase, state.settled, state.replicas, state.desired) == (AppPhase.READY, True, (), 0)
    assert state.next_run is not None
    assert (state.next_run.month, state.next_run.day, state.next_run.hour, state.next_run.minute) == (1, 1, 0, 0)
    assert state.next_run > state.observed_at
    assert cloud.backend.plan(state.spec).empty


def test_a_run_is_begun_now(driver: Driver, cloud: Cloud) -> None:
    """And waited for; its lines stay, and the schedule is as it was."""
    backup = cloud.deploy("backup", driver.image, kind="cron", schedule=YEARLY, env=SOON)
    before = backup.status()

    backup.trigger()

    state = backup.status()
    assert [(one.phase, one.exit_code) for one in state.replicas] == [(ReplicaPhase.COMPLETED, 0)]
    assert state.run is not None
    assert (state.run.outcome, state.phase, state.cause) == (Outcome.SUCCEEDED, AppPhase.READY, None)
    assert (state.spec, state.generation, state.next_run) == (before.spec, before.generation, before.next_run)
    assert cloud.backend.plan(state.spec).empty
    eventually(driver, lambda: [line.text for line in backup.logs()] == ["started hello", "last words"])


def test_a_run_that_fails_says_why(driver: Driver, cloud: Cloud) -> None:
    """The schedule is degraded until another succeeds."""
    backup = cloud.deploy("backup", driver.image, kind="cron", schedule=YEARLY, env=FAILS, retries=0)

    with pytest.raises(RolloutError, match="job 'backup' failed: ") as caught:
        backup.trigger()
    failed = backup.status()
    backup.deploy(env=SOON)
    backup.trigger()

    assert caught.value.cause is not None
    assert caught.value.cause.code is CauseCode.EXITED
    assert "last words" in caught.value.cause.evidence
    assert (failed.phase, failed.settled) == (AppPhase.DEGRADED, True)
    assert failed.cause is not None
    assert failed.cause.summary == caught.value.cause.summary
    assert backup.status().phase is AppPhase.READY
    assert len(backup.status().replicas) == 2


def test_the_last_runs_are_kept(driver: Driver, cloud: Cloud) -> None:
    """Three that succeeded, and one that failed."""
    backup = cloud.deploy("backup", driver.image, kind="cron", schedule=YEARLY, env=FAILS, retries=0)
    for _ in range(2):
        with pytest.raises(RolloutError):
            backup.trigger()
    last_failed = {one.id for one in backup.status().replicas if one.phase is ReplicaPhase.CRASHED}

    backup.deploy(env=SOON)
    for _ in range(4):
        backup.trigger()

    def kept() -> bool:
        phases = Counter(one.phase for one in backup.status().replicas)
        return phases == {ReplicaPhase.COMPLETED: 3, ReplicaPhase.CRASHED: 1}

    with driver.controller():
        eventually(driver, kept, seconds=PATIENCE)
    assert ids(backup) & last_failed


def test_a_suspended_schedule_begins_nothing(driver: Driver, cloud: Cloud) -> None:
    """Nor does a stopped one; it can still be asked to."""
    backup = cloud.deploy("backup", driver.image, kind="cron", schedule=YEARLY, env=SOON, suspended=True)
    suspended = backup.status()
    backup.deploy(suspended=False)
    waiting = backup.status()
    backup.stop()
    stopped = backup.status()

    backup.trigger()

    assert (suspended.phase, suspended.next_run) == (AppPhase.STOPPED, None)
    assert (waiting.phase, waiting.revision) == (AppPhase.READY, suspended.revision)
    assert (stopped.phase, stopped.next_run) == (AppPhase.STOPPED, None)
    assert len(backup.status().replicas) == 1
    assert backup.start().status().next_run == waiting.next_run


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"schedule": "0 0 30 2 *"}, "schedule '0 0 30 2 \\*' is never due"),
        ({"schedule": "61 * * * *"}, "schedule '61 \\* \\* \\* \\*' is never due"),
        ({"schedule": "@daily", "timezone": "Mars/Olympus"}, "no time zone 'Mars/Olympus'"),
    ],
)
def test_a_schedule_that_is_never_due_is_refused(
    driver: Driver, cloud: Cloud, options: dict[str, str], words: str
) -> None:
    """Before anything changes."""
    with pytest.raises(UsageError, match=words):
        cloud.deploy("backup", driver.image, kind="cron", env=SOON, **options)

    assert [one.name for one in cloud.apps()] == []


def test_only_a_schedule_is_triggered(driver: Driver, cloud: Cloud) -> None:
    """Anything else is refused, and becomes none."""
    work = cloud.deploy("work", driver.image, kind="worker")
    backup = cloud.deploy("backup", driver.image, kind="cron", schedule=YEARLY, env=SOON)

    with pytest.raises(UsageError, match="app 'work' is a worker; only a cron has runs that can be begun"):
        work.trigger()
    with pytest.raises(ConflictError, match="has the kind cron; it cannot take the kind job"):
        backup.deploy(kind="job", schedule=None)


def test_a_deleted_schedule_leaves_nothing(driver: Driver, cloud: Cloud) -> None:
    """Not its runs either, over or under way."""
    backup = cloud.deploy("backup", driver.image, kind="cron", schedule=YEARLY, env=SOON).trigger()
    backup.deploy(env={"EXIT_AFTER": "600"}).trigger(wait=False)

    backup.delete()

    eventually(driver, lambda: driver.leftovers("backup") == [])


def test_runs_stay_where_the_spec_changes(driver: Driver, cloud: Cloud) -> None:
    """One that is under way goes on to its end; the next is of the new spec."""
    backup = cloud.deploy("backup", driver.image, kind="cron", schedule=YEARLY, env={"EXIT_AFTER": "4"})
    backup.trigger(wait=False)
    first = ids(backup)

    backup.deploy(env={**SOON, "BODY": "new"})
    backup.trigger()

    with driver.controller():
        eventually(driver, lambda: all(one.phase is ReplicaPhase.COMPLETED for one in backup.status().replicas))
    assert first < ids(backup)
    assert sorted(one.revision for one in backup.status().replicas) == [1, 2]


def test_a_run_whose_caller_was_killed_is_carried_on(driver: Driver, cloud: Cloud) -> None:
    """In front of whichever change of the engine: no replica completes twice."""
    backup = cloud.deploy("backup", driver.image, kind="cron", schedule=YEARLY, env=SOON)
    for point in driver.kill_points:
        killed = driver.kill(Verb(name="trigger", app="backup"), point)

        with driver.controller():
            eventually(driver, lambda: all(one.phase in ENDED for one in backup.status().replicas), seconds=PATIENCE)

        assert backup.status().phase is AppPhase.READY, point
        if not killed:
            break


@pytest.mark.timeout(300)
def test_a_time_that_is_due_begins_one_run(driver: Driver, cloud: Cloud) -> None:
    """However often a controller is killed over it, and though another takes over; slow, as a minute has to pass."""
    tick = cloud.deploy("tick", driver.image, kind="cron", schedule="* * * * *", env=SOON)
    first = tick.status().next_run
    eventually(driver, lambda: tick.status().next_run != first, seconds=PATIENCE)

    for point in driver.kill_points:
        if not driver.heals and not driver.kill(Verb(name="controller", options={"once": True}), point):
            break
    with driver.controller():
        eventually(driver, lambda: bool(_completed(tick)), seconds=PATIENCE)
    with driver.controller():
        driver.pause(3)

    assert set(_completed(tick).values()) == {1}
    assert tick.status().phase is AppPhase.READY


def _completed(app: App) -> Counter[str]:
    """Return how many replicas of each run have completed, by the name that they share."""
    ended = (one.name for one in app.status().replicas if one.phase is ReplicaPhase.COMPLETED)
    return Counter(name.rsplit("-", 1)[0] for name in ended)


ENDED = frozenset({ReplicaPhase.COMPLETED, ReplicaPhase.CRASHED})
