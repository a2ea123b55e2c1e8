"""Schedules on an engine: their runs, read from labels, and what is done when one is due."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from cloudkit.backends.crons import CronRun, cron_step, forgotten_runs, manual_key, refuse_trigger
from cloudkit.backends.docker.ending import end_replicas
from cloudkit.backends.docker.jobroll import JobRoll
from cloudkit.backends.docker.networks import ensure_network
from cloudkit.backends.docker.records import read_record
from cloudkit.backends.docker.replicas import Replicas
from cloudkit.backends.docker.runs import jobs_of, runs_seen
from cloudkit.backends.jobs import job_failed
from cloudkit.backends.rolling import NotReady
from cloudkit.model.progress import silent

if TYPE_CHECKING:
    from docker import APIClient

    from cloudkit.backends.docker.look import Look
    from cloudkit.backends.docker.observe import Observation, Seen
    from cloudkit.backends.docker.records import Record
    from cloudkit.model.progress import Listener

__all__ = ["Crons"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crons:
    """The schedules of a namespace.

    Args:
        look: Looks at apps; refuses where whoever looks may act no more.
    """

    look: Look

    @property
    def _api(self) -> APIClient:
        return self.look.engine.api

    def trigger(self, name: str, *, wait: bool, timeout: float | None, listener: Listener) -> None:
        """Begin a run now.

        Raises:
            RolloutError: It has failed, or goes on beyond the time.
            UsageError: The app has no schedule.
        """
        seen = self.look.observe(name)
        made = self._newest(seen)
        refuse_trigger(read_record(self._api, made).spec)
        try:
            self._roll(made, manual_key(datetime.now(UTC), {one.run for one in seen.replicas}), listener).run(
                wait=wait, timeout=timeout
            )
        except NotReady as failure:
            raise job_failed(name, failure.cause) from failure
        finally:
            self._forget(name)

    def tend(self, name: str) -> Sequence[str]:
        """Do what a schedule asks for now, and return what that was, in words."""
        seen = self.look.observe(name)
        record, runs = self._record(seen), self._runs(seen)
        step = cron_step(record.spec, runs, datetime.now(UTC), record.created_at)
        self._remove(seen, step.remove)
        unfinished = [one for one in runs if one.unfinished and one.key not in step.remove]
        told = [words for one in unfinished if (words := self._carry_on(seen, one))]
        if step.begin:
            with suppress(NotReady):  # it stays to be looked at
                self._roll(self._newest(seen), step.begin, silent).run(wait=False, timeout=None)
            told.append(f"the run that was due at {datetime.fromtimestamp(int(step.begin) * 60, UTC):%Y-%m-%d %H:%M}")
        return told

    def _carry_on(self, seen: Observation, one: CronRun) -> str:
        """Do what a run lacks now, by the spec of its revision; one whose revision is forgotten stays as it is."""
        records = [each for each in seen.records if each.revision == one.revision]
        if not records:
            return ""
        before = {each.id for each in one.attempts if each.phase != "fresh"}
        with suppress(NotReady):
            last = self._roll(records[-1], one.key, silent).run(wait=False, timeout=None)
            return "a retry" if {each.id for each in last.replicas} - before else ""
        return ""

    def _runs(self, seen: Observation) -> list[CronRun]:
        return runs_seen(seen, jobs_of(self._api, seen), self.look.detail, time.time())

    def _forget(self, name: str) -> None:
        """Remove the runs that need not be kept."""
        seen = self.look.observe(name)
        if seen.record is not None:
            self._remove(seen, forgotten_runs(self._runs(seen)))

    def _remove(self, seen: Observation, keys: Sequence[str]) -> None:
        end_replicas(self._api, [one for one in seen.replicas if one.run in keys], grace=self._grace(seen))

    def _grace(self, seen: Observation) -> float:
        return self._record(seen).spec.stop_grace

    def _record(self, seen: Observation) -> Record:
        return read_record(self._api, self._newest(seen))

    def _newest(self, seen: Observation) -> Seen:
        assert seen.record is not None  # noqa: S101  # the caller has looked
        return seen.record

    def _roll(self, made: Seen, key: str, listener: Listener) -> JobRoll:
        """Return the way of one run to its end.

        Args:
            made: The record that it is made from.
            key: What tells it from the others.
            listener: Hears of each step.
        """
        record = read_record(self._api, made)
        spec, namespace = record.spec, self.look.namespace
        networks = [ensure_network(self._api, namespace, name) for name in spec.networks or ("default",)]
        return JobRoll(
            spec=spec,
            revision=record.revision,
            generation=record.generation,
            observe=partial(self._observe, made, key),
            detail=self.look.detail,
            diagnose=partial(self.look.diagnose, spec, record.revision),
            replicas=Replicas(
                api=self._api,
                namespace=namespace,
                network=networks[0],
                others=tuple(network.name for network in networks[1:]),
                image=self.look.image(spec, listener),
                run=key,
            ),
            listener=listener,
            repeats=False,
        )

    def _observe(self, made: Seen, key: str) -> Observation:
        """Return what is there of one run, with the record that it was made from while the app is there."""
        seen = self.look.observe(made.app)
        mine = tuple(one for one in seen.replicas if one.run == key)
        return replace(seen, records=(made,) if seen.records else (), replicas=mine)
