"""What a schedule asks for now, from the runs that are there: pure, and the same on engines that have no loop.

A run's key is in the name of each of its replicas: of a time that was due, the minutes since the epoch. So a time
begins once, whoever decides it, and however often.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cloudkit.backends.jobs import Attempt
from cloudkit.backends.schedule import due_after, last_due
from cloudkit.errors import UsageError
from cloudkit.model.app import AppSpec
from cloudkit.model.run import Outcome, Run

__all__ = [
    "LATE",
    "CronRun",
    "CronStep",
    "cron_step",
    "due_key",
    "forgotten_runs",
    "latest",
    "manual_key",
    "next_run",
    "refuse_trigger",
]

LATE = 100.0
"""Seconds after which a time that was missed is left out."""
KEPT = {Outcome.SUCCEEDED: 3, Outcome.FAILED: 1}
"""How many runs that are over stay, the latest, so that their lines can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CronRun:
    """One run.

    Args:
        key: What tells it from the others.
        revision: The revision that it was made from.
        attempts: Its replicas.
        run: How far it is.
    """

    key: str
    revision: int
    attempts: tuple[Attempt, ...]
    run: Run

    @property
    def due(self) -> float:
        """When it was due, in seconds since the epoch; when it was asked for, where somebody did."""
        return float(self.key[1:]) / 1000 if self.manual else float(self.key) * 60

    @property
    def manual(self) -> bool:
        """True where somebody asked for it, at a time that was not due."""
        return self.key.startswith("m")

    @property
    def unfinished(self) -> bool:
        """True while something of it runs, or is to run."""
        return not self.run.over or any(one.phase in {"active", "fresh"} for one in self.attempts)


@dataclass(frozen=True, slots=True, kw_only=True)
class CronStep:
    """What to do now.

    Args:
        remove: The runs to end and remove, by key.
        begin: The key of a run that is to begin; empty where none is.
        blocked: True where one would begin, and waits for those that run.
    """

    remove: tuple[str, ...] = ()
    begin: str = ""
    blocked: bool = False


def due_key(due: datetime) -> str:
    """Return the key of a time that is due.

    >>> due_key(datetime(2026, 1, 1, 2, 30, tzinfo=UTC))
    '29453910'
    """
    return str(int(due.timestamp()) // 60)


def manual_key(moment: datetime, taken: Collection[str]) -> str:
    """Return the key of a run that somebody asks for, which no other run has.

    >>> moment = datetime(2026, 1, 1, tzinfo=UTC)
    >>> manual_key(moment, ()), manual_key(moment, {"m1767225600000"})
    ('m1767225600000', 'm1767225600001')
    """
    number = round(moment.timestamp() * 1000)
    while f"m{number}" in taken:
        number += 1
    return f"m{number}"


def latest(runs: Collection[CronRun]) -> CronRun | None:
    """Return the last run that has begun."""
    return max(runs, key=lambda one: one.due, default=None)


def cron_step(spec: AppSpec, runs: Sequence[CronRun], now: datetime, since: datetime) -> CronStep:
    """Decide what a schedule asks for.

    Of times that nobody saw, at most the last begins, and only where it is at most ``LATE`` seconds ago. A time that is
    not after the last that has begun begins no more, though a clock was set back.

    Args:
        spec: What is wanted.
        runs: Those that are there.
        now: The present moment.
        since: When what is wanted was last changed: what was due before begins no more.
    """
    forgotten = forgotten_runs(runs)
    schedule = spec.schedule
    if schedule is None or schedule.suspended or spec.stopped:
        return CronStep(remove=forgotten)
    begun = [datetime.fromtimestamp(one.due, UTC) for one in runs if not one.manual]
    due = last_due(schedule, max([since, now - timedelta(seconds=LATE), *begun]), now)
    active = tuple(one.key for one in runs if one.unfinished)
    blocked = due is not None and bool(active) and schedule.concurrency == "forbid"
    if due is None or blocked:
        return CronStep(remove=forgotten, blocked=blocked)
    replaced = active if schedule.concurrency == "replace" else ()
    return CronStep(remove=(*forgotten, *replaced), begin=due_key(due))


def next_run(spec: AppSpec, now: datetime) -> datetime | None:
    """Return when an app's next run begins; None where none does."""
    schedule = spec.schedule
    if schedule is None or schedule.suspended or spec.stopped:
        return None
    return due_after(schedule, now)


def refuse_trigger(spec: AppSpec) -> None:
    """Raise ``UsageError`` where an app has no schedule, so that no time of it can be brought forward."""
    if spec.kind != "cron":
        message = f"app {spec.name!r} is a {spec.kind}; only a cron has runs that can be begun"
        raise UsageError(message, hint=f"cloudkit restart {spec.name}")


def forgotten_runs(runs: Sequence[CronRun]) -> tuple[str, ...]:
    """Return the runs that are over and need not be kept, as later ones came to the same."""
    ended = sorted((one for one in runs if not one.unfinished), key=lambda one: one.due, reverse=True)
    kept = {
        one.key
        for outcome, count in KEPT.items()
        for one in [each for each in ended if each.run.outcome is outcome][:count]
    }
    return tuple(one.key for one in ended if one.key not in kept)
