"""What a schedule asks for, at any moment and after any interruption."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudkit.backends.crons import LATE, CronRun, cron_step, due_key
from cloudkit.backends.jobs import Attempt
from cloudkit.backends.schedule import check_schedule, due_after, last_due
from cloudkit.errors import UsageError
from cloudkit.model.app import AppSpec
from cloudkit.model.job import Schedule
from cloudkit.model.reference import Reference
from cloudkit.model.run import Outcome, Run

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def spec(cron: str = "*/5 * * * *", **options: object) -> AppSpec:
    """A schedule."""
    schedule = Schedule(cron=cron, **options)  # type: ignore[arg-type]  # as the caller says
    return AppSpec(name="backup", image=Reference.parse("backup:1"), kind="cron", schedule=schedule)


def ran(due: datetime, outcome: Outcome = Outcome.SUCCEEDED) -> CronRun:
    """A run that began when it was due."""
    phase = {Outcome.RUNNING: "active", Outcome.SUCCEEDED: "done", Outcome.FAILED: "failed"}[outcome]
    attempt = Attempt(id=due_key(due), revision=1, number=0, phase=phase)  # type: ignore[arg-type]  # one of the four
    return CronRun(key=due_key(due), revision=1, attempts=(attempt,), run=Run(outcome=outcome))


def test_what_is_due_begins() -> None:
    """Under the key of its time."""
    assert cron_step(spec(), [], NOON, LONG_AGO).begin == due_key(NOON)
    assert cron_step(spec(), [], NOON + timedelta(seconds=59), LONG_AGO).begin == due_key(NOON)


def test_what_has_begun_begins_no_more() -> None:
    """Nor does anything before it, though a clock was set back."""
    there = [ran(NOON)]

    assert cron_step(spec(), there, NOON + timedelta(seconds=30), LONG_AGO).begin == ""
    assert cron_step(spec(), there, NOON - timedelta(hours=1), LONG_AGO).begin == ""
    assert cron_step(spec(), there, NOON + 5 * MINUTE, LONG_AGO).begin == due_key(NOON + 5 * MINUTE)


def test_what_was_missed_begins_once_and_not_late() -> None:
    """After a clock that jumped, or a night without a controller: the last of all times, where it is young enough."""
    assert cron_step(spec(), [], NOON + timedelta(seconds=LATE - 1), LONG_AGO).begin == due_key(NOON)
    assert cron_step(spec(), [], NOON + timedelta(seconds=LATE + 1), LONG_AGO).begin == ""
    every_minute = cron_step(spec("* * * * *"), [ran(NOON - timedelta(days=1))], NOON, LONG_AGO)
    assert every_minute.begin == due_key(NOON)


def test_what_was_due_before_a_change_begins_no_more() -> None:
    """As the change says when from now on."""
    assert cron_step(spec(), [], NOON + timedelta(seconds=30), NOON + timedelta(seconds=10)).begin == ""


@pytest.mark.parametrize("changes", [{"stopped": True}, {"schedule": Schedule(cron="* * * * *", suspended=True)}])
def test_one_that_is_suspended_begins_nothing(changes: dict[str, object]) -> None:
    """Nor one that is stopped."""
    assert cron_step(spec().replace(**changes), [], NOON, LONG_AGO).begin == ""


@pytest.mark.parametrize(
    ("concurrency", "begins", "removed"), [("forbid", False, 0), ("allow", True, 0), ("replace", True, 1)]
)
def test_a_run_under_way_keeps_the_next_or_gives_way(concurrency: str, *, begins: bool, removed: int) -> None:
    """As the schedule says; what is forbidden begins once it is over, if that is soon enough."""
    before = ran(NOON - 5 * MINUTE, Outcome.RUNNING)

    step = cron_step(spec(concurrency=concurrency), [before], NOON, LONG_AGO)

    assert (bool(step.begin), len(step.remove), step.blocked) == (begins, removed, concurrency == "forbid")
    over = ran(NOON - 5 * MINUTE)
    assert cron_step(spec(concurrency=concurrency), [over], NOON + MINUTE, LONG_AGO).begin == due_key(NOON)


def test_the_last_runs_are_kept() -> None:
    """Three that succeeded and one that failed; one that goes on is never forgotten."""
    times = [NOON - n * timedelta(hours=1) for n in range(1, 9)]
    good = [ran(time) for time in times[:5]]
    bad = [ran(time, Outcome.FAILED) for time in times[5:7]]
    going = ran(times[7], Outcome.RUNNING)

    removed = cron_step(spec("0 0 1 1 *"), [*good, *bad, going], NOON, LONG_AGO).remove

    assert set(removed) == {good[3].key, good[4].key, bad[1].key}


@given(st.lists(st.integers(1, 400), min_size=1, max_size=60), st.lists(st.booleans(), min_size=60, max_size=60))
def test_each_time_begins_at_most_once(steps: list[int], killed: list[bool]) -> None:
    """Whenever somebody looks, and whoever is killed between the decision and the act."""
    now, there, begun = NOON, list[CronRun](), list[str]()
    for seconds, dies in zip(steps, killed, strict=False):
        now += timedelta(seconds=seconds)
        step = cron_step(spec("* * * * *"), there, now, LONG_AGO)
        there = [one for one in there if one.key not in step.remove]
        if step.begin and not dies:
            begun.append(step.begin)
            there.append(ran(datetime.fromtimestamp(int(step.begin) * 60, UTC)))

    assert len(begun) == len(set(begun))
    assert begun == sorted(begun, key=int)


def test_somebody_who_looks_often_misses_nothing() -> None:
    """Every minute of an hour begins."""
    there, begun = list[CronRun](), 0
    for second in range(0, 3600, 7):
        step = cron_step(spec("* * * * *"), there, NOON + timedelta(seconds=second), NOON - timedelta(seconds=1))
        there = [one for one in there if one.key not in step.remove]
        if step.begin:
            begun += 1
            there.append(ran(datetime.fromtimestamp(int(step.begin) * 60, UTC)))

    assert begun == 60


def berlin(cron: str) -> Schedule:
    """A schedule of a zone that changes its time on 29 March and 25 October 2026, at 01:00 UTC."""
    return Schedule(cron=cron, timezone="Europe/Berlin")


def test_a_schedule_follows_its_zone() -> None:
    """The same hour of the day in winter and in summer."""
    winter = due_after(berlin("0 12 * * *"), datetime(2026, 3, 28, tzinfo=UTC))
    summer = due_after(berlin("0 12 * * *"), datetime(2026, 3, 29, tzinfo=UTC))

    assert (winter, summer) == (datetime(2026, 3, 28, 11, tzinfo=UTC), datetime(2026, 3, 29, 10, tzinfo=UTC))


def test_an_hour_that_is_skipped_is_made_up_for_once() -> None:
    """At half past two there is no such time on that day: it begins right after the gap."""
    times = every(berlin("30 2 * * *"), datetime(2026, 3, 28, 12, tzinfo=UTC), 2)

    assert times == [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 3, 30, 0, 30, tzinfo=UTC)]


def test_an_hour_that_is_repeated_begins_once() -> None:
    """What is due at an hour of the day begins at the first of the two; what is due all the time goes on."""
    daily = every(berlin("30 2 * * *"), datetime(2026, 10, 24, 12, tzinfo=UTC), 2)
    often = every(berlin("*/30 * * * *"), datetime(2026, 10, 25, 0, tzinfo=UTC), 4)

    assert daily == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)]
    assert [after - before for before, after in pairwise(often)] == [30 * MINUTE] * 3


def test_the_last_time_in_a_span_is_found() -> None:
    """Its end counts, its beginning does not."""
    hourly = Schedule(cron="@hourly")

    assert last_due(hourly, NOON - timedelta(hours=3), NOON) == NOON
    assert last_due(hourly, NOON, NOON + timedelta(minutes=59)) is None


@pytest.mark.parametrize("cron", ["0 0 30 2 *", "61 * * * *", "* * 31 4 *", "* * L * *", "* * * * 5#2", "*/0 * * * *"])
def test_what_is_never_due_is_refused(cron: str) -> None:
    """And what a cluster would not take."""
    with pytest.raises(UsageError, match="is never due"):
        check_schedule(Schedule(cron=cron))


@pytest.mark.parametrize(
    "cron", ["@yearly", "@weekly", "0 0 29 2 *", "0 0 ? * mon-fri", "0 9-17/2 1,15 jan *", "0 0 * * 7"]
)
def test_what_cron_knows_is_taken(cron: str) -> None:
    """Names, ranges, steps, and days that not every year has."""
    check_schedule(Schedule(cron=cron))


def every(schedule: Schedule, after: datetime, count: int) -> list[datetime]:
    """Return the next times."""
    times = list[datetime]()
    for _ in range(count):
        due = due_after(schedule, times[-1] if times else after)
        assert due is not None
        times.append(due)
    return times
