"""A Job, as one run of what a CronJob says, the way ``kubectl create job --from=cronjob/NAME`` makes one: pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudkit.backends.kubernetes.labels import GENERATION
from cloudkit.backends.kubernetes.manifests.heading import heading

__all__ = ["job_run", "manual_run", "run_head", "run_name"]

MANUAL = {"cronjob.kubernetes.io/instantiate": "manual"}


def run_name(app: str, run: int | str) -> str:
    """Return the name of the Job that runs a job's revision, or a cron's run of that key.

    >>> run_name("migrate", 2), run_name("backup", "m1767225600000")
    ('migrate-2', 'backup-m1767225600000')
    """
    return f"{app}-{run}"


def run_head(app: str, revision: int) -> dict[str, Any]:
    """Return what the run of a job's revision is called, before there is anything that it is made from."""
    return heading("batch/v1", "Job", {"name": run_name(app, revision)})


def job_run(record: Mapping[str, Any], revision: int, generation: int) -> dict[str, Any]:
    """Return the run of a job's revision, suspended: it begins once whoever has made it is sure that it is wanted.

    The CronJob owns it and does not control it, so that only its caller ends it.

    Args:
        record: The app's CronJob, as the API server has it.
        revision: The revision of what runs.
        generation: Whose act it is.
    """
    made = _made(record, run_name(record["metadata"]["name"], revision), {GENERATION: str(generation)}, control=False)
    return made | {"spec": {**made["spec"], "suspend": True}}


def manual_run(record: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return a run of a cron that somebody asks for; its CronJob keeps it as it keeps those that were due.

    Args:
        record: The app's CronJob, as the API server has it.
        key: What tells it from the others.
    """
    return _made(record, run_name(record["metadata"]["name"], key), MANUAL, control=True)


def _made(record: Mapping[str, Any], name: str, annotations: Mapping[str, str], *, control: bool) -> dict[str, Any]:
    of, template = record["metadata"], record["spec"]["jobTemplate"]
    given = template.get("metadata", {})
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": of["name"], "uid": of["uid"], "controller": control}
    metadata = {
        "name": name,
        "namespace": of["namespace"],
        "labels": given.get("labels", {}),
        "annotations": {**given.get("annotations", {}), **annotations},
        "ownerReferences": [owner],
    }
    return heading("batch/v1", "Job", metadata) | {"spec": dict(template["spec"])}
