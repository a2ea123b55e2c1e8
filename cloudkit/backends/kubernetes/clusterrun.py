"""Let a cluster run work that ends: a job's revision, or a run of a cron that somebody asks for."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from cloudkit.backends.crons import manual_key
from cloudkit.backends.jobs import run_removed
from cloudkit.backends.kubernetes.jobmaking import JobMaking
from cloudkit.backends.kubernetes.jobobjects import Job
from cloudkit.backends.kubernetes.jobroll import JobRoll
from cloudkit.backends.kubernetes.manifests.run import manual_run, run_name
from cloudkit.backends.kubernetes.owners import owner_kind
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.refusal import refusal_of
from cloudkit.backends.kubernetes.runs import run_of_job, run_spec
from cloudkit.backends.kubernetes.sight import Sight
from cloudkit.backends.rolling import remaining
from cloudkit.errors import ConflictError
from cloudkit.model.run import Outcome

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.model.app import AppSpec
    from cloudkit.model.progress import Listener

__all__ = ["ClusterRun"]

TRIES = 20  # of a name that somebody else has by now


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRun:
    """Begins runs in one namespace.

    Args:
        client: A connection to the API server.
        listener: Hears of each step.
        begun: When its caller began, as ``time.monotonic`` tells it.
    """

    client: Client
    listener: Listener
    begun: float = field(default_factory=time.monotonic)

    def job(
        self,
        spec: AppSpec,
        revision: int,
        generation: int,
        jobs: Sequence[Job],
        *,
        wait: bool,
        timeout: float | None,
    ) -> None:
        """Let a job run as its record, which is written, wants it; one of this revision that has failed is run again.

        Args:
            spec: What is wanted.
            revision: Its revision.
            generation: Its generation.
            jobs: The app's Jobs that were there before.
            wait: Wait for its end.
            timeout: Seconds at the most; None waits as long as it takes.

        Raises:
            RolloutError: It has failed, cannot begin, or goes on beyond the time.
            ConflictError: Somebody else wants something newer.
        """
        failed = [one for one in jobs if run_of_job(one).outcome is Outcome.FAILED]
        again = frozenset(one.metadata.uid for one in failed if not spec.stopped)
        making = JobMaking(client=self.client, spec=spec, revision=revision, generation=generation, again=again)
        making.begin(timeout=remaining(timeout, self.begun))
        if wait:
            self._follow(spec, generation, lambda: making.find() or making.begin(), timeout=timeout)

    def trigger(self, spec: AppSpec, *, wait: bool, timeout: float | None) -> None:
        """Begin a run of a cron now.

        Raises:
            RolloutError: It has failed, cannot begin, or goes on beyond the time.
            ConflictError: It, or its app, was removed by someone else.
        """
        job = self._triggered(spec.name)
        if wait:
            self._follow(run_spec(spec, job), None, partial(self._found, spec.name, job), timeout=timeout)

    def _follow(
        self, spec: AppSpec, generation: int | None, find: Callable[[], Job | None], *, timeout: float | None
    ) -> None:
        roll = JobRoll(
            client=self.client, spec=spec, generation=generation, find=find, listener=self.listener, begun=self.begun
        )
        with Sight(self.client, spec.name, owner_kind(spec)) as sight:
            roll.run(sight, timeout=timeout)

    def _triggered(self, app: str) -> Job:
        """Make the Job, under a name that no other run has."""
        record = self.client.raw(object_path("cronjobs", self.client.namespace, app))
        taken = set[str]()
        while True:
            key = manual_key(datetime.now(UTC), taken)
            body = manual_run(record, key)
            try:
                self.client.create(object_path("jobs", self.client.namespace), body)
            except ConflictError as error:
                refusal = refusal_of(error)
                if refusal is None or refusal.reason != "AlreadyExists" or len(taken) >= TRIES:
                    raise
                taken.add(key)
                continue
            return self.client.get(self._path(app, key), Job)

    def _path(self, app: str, key: str) -> str:
        return object_path("jobs", self.client.namespace, run_name(app, key))

    def _found(self, app: str, job: Job) -> Job:
        """Return a run as it is now."""
        path = object_path("jobs", self.client.namespace, job.metadata.name)
        found = self.client.find(path, Job)
        if found is None or found.metadata.uid != job.metadata.uid:
            raise run_removed(app)
        return found
