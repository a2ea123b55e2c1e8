"""Make the Job that runs a job, so that none runs which nobody wants any more, whoever is interrupted or late.

A Job is made suspended, and so it never runs by itself. Whoever would resume it has seen one version of it, looks then
whether the record is still his own, and resumes that version alone. Whoever changes the record looks at the Jobs after
that, and writes his generation on the one that stays. So of two, one always meets the other.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloudkit.backends.kubernetes.jobobjects import Job, is_made_by
from cloudkit.backends.kubernetes.labels import GENERATION, app_selector
from cloudkit.backends.kubernetes.manifests.run import job_run, run_name
from cloudkit.backends.kubernetes.owning import is_stale
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.refusal import refusal_of
from cloudkit.backends.kubernetes.runs import fits, run_of_job
from cloudkit.backends.kubernetes.strangers import is_of, stranger
from cloudkit.backends.rolling import superseded
from cloudkit.errors import BackendError, ConflictError, NotFoundError

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.model.app import AppSpec

__all__ = ["JobMaking"]

LOOK = 0.1  # seconds between two looks at a run that ends
PATIENCE = 120.0  # seconds beyond the grace of its pods, before its end is given up


@dataclass(frozen=True, slots=True, kw_only=True)
class JobMaking:
    """Makes one generation's run.

    Args:
        client: A connection to the API server.
        spec: What is wanted.
        revision: Its revision.
        generation: The generation that wants it; a newer one ends this.
        again: The Jobs of this revision that have failed and give way to another, by uid.
    """

    client: Client
    spec: AppSpec
    revision: int
    generation: int
    again: frozenset[str] = frozenset()

    def begin(self, *, timeout: float | None = None) -> Job | None:
        """Let all run as it is wanted, and nothing else; return the Job, None where a stopped app has none.

        Args:
            timeout: Seconds at the most for the end of what ran before; without it the grace of its pods, and some.

        Raises:
            ConflictError: Somebody else wants something newer, or has a Job of that name.
            BackendError: What ran before does not end.
        """
        begun, made = time.monotonic(), ""
        try:
            while True:
                jobs, record = self._jobs(), self._record()  # in this order: see above
                job, leaving = self._parted(jobs, str(record["metadata"]["uid"]))
                if leaving:
                    self._remove(leaving)
                    self._refuse_late(leaving, time.monotonic() - begun, timeout)
                    time.sleep(LOOK)
                elif job is not None and fits(job, self.spec, self.generation):
                    return job
                elif job is not None:
                    self._adjust(job)
                elif self.spec.stopped:
                    return None
                else:
                    made = self._create(record) or made
        except ConflictError:
            self._sweep(made)
            raise

    def find(self) -> Job | None:
        """Return the Job as it is now; None where it is gone, or about to go."""
        found = self.client.find(self._path(run_name(self.spec.name, self.revision)), Job)
        return found if found is not None and found.metadata.deletion_timestamp is None else None

    def _path(self, name: str = "") -> str:
        return object_path("jobs", self.client.namespace, name)

    def _jobs(self) -> tuple[Job, ...]:
        return self.client.list(self._path(), Job, labels=app_selector(self.spec.name)).items

    def _record(self) -> dict[str, Any]:
        """Return the record, while it is this generation's."""
        with suppress(NotFoundError):
            record = self.client.raw(object_path("cronjobs", self.client.namespace, self.spec.name))
            if record["metadata"].get("annotations", {}).get(GENERATION) == str(self.generation):
                return record
        raise superseded(self.spec.name, self.generation)

    def _parted(self, jobs: Iterable[Job], owner: str) -> tuple[Job | None, list[Job]]:
        """Return the Job that stays, and those that leave: of another revision, or of an app of that name before."""
        mine, leaving = None, []
        for one in jobs:
            owned = is_made_by(one.metadata, owner)
            named = one.metadata.name == run_name(self.spec.name, self.revision)
            going = one.metadata.deletion_timestamp is not None or one.metadata.uid in self.again
            if owned and named and not going:
                mine = one
            else:
                leaving.append(one)
        return mine, leaving

    def _remove(self, leaving: Iterable[Job]) -> None:
        for one in leaving:
            if one.metadata.deletion_timestamp is None:
                self.client.delete(self._path(one.metadata.name), uid=one.metadata.uid, propagation="Foreground")

    def _refuse_late(self, leaving: Iterable[Job], waited: float, timeout: float | None) -> None:
        allowed = PATIENCE + max(one.spec.template.spec.termination_grace_period_seconds for one in leaving)
        if waited > (allowed if timeout is None else min(allowed, timeout)):
            left = ", ".join(one.metadata.name for one in leaving)
            message = f"the run of {self.spec.name!r} before this one does not end: {left}"
            raise BackendError(message, hint=f"kubectl get pods -n {self.client.namespace} -l job-name={left}")

    def _adjust(self, job: Job) -> None:
        """Write what this generation wants on one version of a Job; another version is looked at again."""
        metadata = {"resourceVersion": job.metadata.resource_version, "annotations": {GENERATION: str(self.generation)}}
        body: dict[str, Any] = {"metadata": metadata}
        if not run_of_job(job).over:
            body["spec"] = {"suspend": self.spec.stopped, "parallelism": self.spec.job.parallelism}
        try:
            self.client.patch(self._path(job.metadata.name), body)
        except NotFoundError:
            return
        except ConflictError as error:
            if not is_stale(error):
                raise

    def _create(self, record: dict[str, Any]) -> str:
        """Make the Job, and return its uid; nothing where there is one by now."""
        body = job_run(record, self.revision, self.generation)
        try:
            return str(self.client.create(self._path(), body)["metadata"]["uid"])
        except ConflictError as error:
            refusal = refusal_of(error)
            if refusal is None or refusal.reason != "AlreadyExists":
                raise
        found = self.client.find(self._path(body["metadata"]["name"]), Job)
        if found is not None and not is_of(found.metadata.labels, self.spec.name):
            raise stranger(self.spec.name, "Job", found.metadata.name, namespace=self.client.namespace)
        return ""

    def _sweep(self, made: str) -> None:
        """Remove the Job that was made for nothing, unless somebody else has taken it over."""
        job = next((one for one in self._jobs() if one.metadata.uid == made), None) if made else None
        if job is not None and job.metadata.annotations.get(GENERATION) == str(self.generation):
            with suppress(ConflictError):
                version = job.metadata.resource_version
                self.client.delete(self._path(job.metadata.name), uid=made, version=version)
