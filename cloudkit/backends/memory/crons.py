"""A schedule on the twin: its clock begins what is due, as a cluster does, and runs it to its end."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from cloudkit.backends.crons import CronRun, cron_step, forgotten_runs, latest, next_run
from cloudkit.backends.jobs import run_of
from cloudkit.backends.memory.jobs import JobRoll, attempt_of, cause_of_run
from cloudkit.backends.memory.record import Record, Revised
from cloudkit.model.progress import Listener, silent
from cloudkit.model.run import Outcome, Run

if TYPE_CHECKING:
    from cloudkit.backends.memory.world import World
    from cloudkit.model.cause import Cause

__all__ = ["Crons", "cron_cause", "last_run", "next_due", "runs_seen"]

BLOCKED = 1.0  # seconds between two looks at a run that keeps the next from beginning


class Crons:
    """The schedules of a world.

    Args:
        world: Where.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def arm(self, record: Record) -> None:
        """Let what is wanted of an app begin when it is due, until something else is wanted."""
        if record.armed != record.generation:
            record.armed = record.generation
            self._wait(record)

    def _wait(self, record: Record) -> None:
        due = next_due(record, self._world.clock.now)
        if due is not None:
            delay = (due - self._world.clock.now).total_seconds()
            self._world.clock.after(delay, partial(self._ring, record, record.generation), background=True)

    def begin(self, record: Record, key: str, listener: Listener = silent) -> JobRoll:
        """Return the way of a run that is to begin."""
        of = Revised(spec=record.spec, revision=record.revision, run=key)
        return self._way(record, of, listener)

    def tend(self, record: Record) -> None:
        """Do what a schedule asks for now."""
        now = self._world.clock.now
        step = cron_step(record.spec, runs_seen(record, now.timestamp()), now, _since(record))
        self._remove(record, step.remove)
        if step.blocked:
            self._world.clock.after(BLOCKED, partial(self._again, record), background=True)
        if step.begin:
            self.begin(record, step.begin).leave()

    def carry_on(self, record: Record) -> list[str]:
        """Do what a controller does, who comes where somebody was killed; return what that was, in words."""
        before = {one.run for one in record.containers}
        self.tend(record)
        moved = [one.key for one in runs_seen(record, self._world.clock.now.timestamp()) if self._moved(record, one)]
        begun = {one.run for one in record.containers} - before
        return [f"the run {key}" for key in sorted(begun)] + [f"the run {key} goes on" for key in moved]

    def forget(self, record: Record) -> None:
        """Remove the runs that need not be kept."""
        self._remove(record, forgotten_runs(runs_seen(record, self._world.clock.now.timestamp())))

    def _moved(self, record: Record, one: CronRun) -> bool:
        """Do the next step of a run; True where there was one."""
        mine = [each for each in record.containers if each.run == one.key]
        before = [(each.id, each.phase) for each in mine]
        if one.unfinished:
            of = Revised(spec=mine[0].spec, revision=one.revision, run=one.key)
            self._way(record, of, silent).step_once()
        return before != [(each.id, each.phase) for each in record.containers if each.run == one.key]

    def _way(self, record: Record, of: Revised, listener: Listener) -> JobRoll:
        forget = partial(self.forget, record)
        return JobRoll(
            world=self._world, record=record, generation=record.generation, listener=listener, of=of, ended=forget
        )

    def _remove(self, record: Record, keys: Collection[str]) -> None:
        for one in [each for each in record.containers if each.run in keys]:
            self._world.lose(one)

    def _ring(self, record: Record, generation: int) -> None:
        if self._world.records.get(record.app) is record and record.generation == generation:
            self.tend(record)
            self._wait(record)

    def _again(self, record: Record) -> None:
        if self._world.records.get(record.app) is record:
            self.tend(record)


def runs_seen(record: Record, now: float) -> list[CronRun]:
    """Return the runs that are there, in the order in which they began."""
    by_key: dict[str, list[int]] = {}
    for index, one in enumerate(record.containers):
        by_key.setdefault(one.run, []).append(index)
    found = []
    for key, indices in by_key.items():
        mine = [record.containers[index] for index in indices]
        attempts = tuple(attempt_of(one) for one in mine)
        run = run_of(mine[0].spec.job, attempts, now)
        found.append(CronRun(key=key, revision=mine[0].revision, attempts=attempts, run=run))
    return sorted(found, key=lambda one: one.due)


def cron_cause(record: Record, now: float) -> Cause | None:
    """Return why the last run has failed; None where it has not."""
    last = latest(runs_seen(record, now))
    if last is None or last.run.outcome is not Outcome.FAILED:
        return None
    mine = [one for one in record.containers if one.run == last.key]
    return cause_of_run(mine[0].spec, last.run, mine)


def last_run(record: Record, now: float) -> Run | None:
    """Return how far the last run is; None before the first."""
    last = latest(runs_seen(record, now))
    return last.run if last else None


def next_due(record: Record, now: datetime) -> datetime | None:
    """Return when an app's next run begins; None where none does."""
    return next_run(record.spec, now)


def _since(record: Record) -> datetime:
    return datetime.fromtimestamp(record.changed, UTC)
