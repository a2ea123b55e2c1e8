"""The CronJob of a cron, and of a job, which is never due: what runs are made from, and what is wanted of the app."""

from __future__ import annotations

import math
from typing import Any

from cloudkit.backends.crons import KEPT, LATE
from cloudkit.backends.kubernetes.manifests.heading import own_labels
from cloudkit.backends.kubernetes.manifests.pod import pod_template
from cloudkit.backends.kubernetes.manifests.record import record
from cloudkit.backends.kubernetes.manifests.ways import Ways
from cloudkit.model.app import AppSpec
from cloudkit.model.job import Job
from cloudkit.model.run import Outcome

__all__ = ["NEVER", "cron_fields", "cron_job"]

NEVER = "0 0 30 2 *"
"""The schedule of a job: a day that never comes, should somebody lift its suspension."""
_WEEK = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def cron_job(spec: AppSpec, *, namespace: str, revision: int, generation: int, ways: Ways) -> dict[str, Any]:
    """Return an app's CronJob. That of a job is suspended for good; its one run is a Job beside it.

    A cluster cannot change the pods of a Job, so that what is wanted of a job needs another object that it can.
    """
    content = {
        **_due(spec),
        "successfulJobsHistoryLimit": KEPT[Outcome.SUCCEEDED],
        "failedJobsHistoryLimit": KEPT[Outcome.FAILED],
        "jobTemplate": {
            "metadata": {"labels": own_labels(spec)},
            "spec": {**_run(spec.job), "template": pod_template(spec, revision=revision, ways=ways)},
        },
    }
    return record(spec, namespace=namespace, revision=revision, generation=generation, content=content)


def cron_fields(cron: str) -> str:
    """Return a schedule in a cluster's words, which count a week's days to 6.

    >>> cron_fields("0 3 * * 7"), cron_fields("0 3 * * 5-7,2"), cron_fields("@daily")
    ('0 3 * * 0', '0 3 * * 5,6,0,2', '@daily')
    """
    *others, days = cron.split(" ")
    return " ".join((*others, ",".join(_days(one) for one in days.split(","))))


def _due(spec: AppSpec) -> dict[str, Any]:
    """Return when runs begin, and what becomes of one that is missed or still runs."""
    schedule = spec.schedule
    if schedule is None:
        return {"schedule": NEVER, "timeZone": "UTC", "suspend": True, "concurrencyPolicy": "Forbid"}
    return {
        "schedule": cron_fields(schedule.cron),
        "timeZone": schedule.timezone,
        "suspend": spec.stopped or schedule.suspended,
        "concurrencyPolicy": schedule.concurrency.capitalize(),
        "startingDeadlineSeconds": math.ceil(LATE),
    }


def _run(job: Job) -> dict[str, Any]:
    limit = {} if job.time_limit is None else {"activeDeadlineSeconds": math.ceil(job.time_limit)}
    return {"completions": job.completions, "parallelism": job.parallelism, "backoffLimit": job.retries, **limit}


def _days(part: str) -> str:
    """Return days of the week, where Sunday is 7 by their numbers from 0."""
    span, _, step = part.partition("/")
    first, dash, last = span.partition("-")
    if "7" not in {first, last}:
        return part
    days = range(_day(first), _day(last) + 1, int(step or 1)) if dash else (7,)
    return ",".join(str(day % 7) for day in days)


def _day(word: str) -> int:
    return int(word) if word.isdigit() else _WEEK.index(word.upper())
