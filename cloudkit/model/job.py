"""How a job runs to its end, and when a scheduled one begins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from cloudkit.model.checks import check_choice, check_integer, check_number, check_text
from cloudkit.model.frozen import chosen

__all__ = ["Job", "Schedule"]

MOST = 10_000  # completions
MOST_RETRIES = 1000
LONGEST = 7 * 86_400.0  # seconds
CONCURRENCY = ("forbid", "allow", "replace")
_CRON = re.compile(
    r"@(?:yearly|annually|monthly|weekly|daily|midnight|hourly)|[0-9A-Za-z*/,?#-]++(?: [0-9A-Za-z*/,?#-]++){4}"
)
_ZONE = re.compile(r"[A-Za-z0-9_+-]++(?:/[A-Za-z0-9_+-]++)*+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """How work that ends is brought to its end; the words are Kubernetes' own.

    Args:
        completions: How many replicas must end with exit code 0.
        parallelism: How many run at once, at the most.
        retries: How many replicas may fail before the job has.
        time_limit: Seconds after which all is stopped, and the job has failed; None sets no limit.
    """

    completions: int = 1
    parallelism: int = 1
    retries: int = 3
    time_limit: float | None = None

    __repr__ = chosen

    def __post_init__(self) -> None:
        check_integer("completions", self.completions, 1, MOST)
        check_integer("parallelism", self.parallelism, 1, MOST)
        check_integer("retries", self.retries, 0, MOST_RETRIES)
        if self.time_limit is not None:
            check_number("time_limit", self.time_limit, 1, LONGEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a job begins, again and again.

    Args:
        cron: Minute, hour, day of the month, month and day of the week, such as ``"*/5 * * * *"``, or ``@daily``.
        timezone: The time zone of these, by its IANA name.
        concurrency: What happens when one is due while the one before runs: ``forbid`` leaves it out, ``allow`` runs
            both, ``replace`` stops the one before.
        suspended: True begins none.
    """

    cron: str
    timezone: str = "UTC"
    concurrency: Literal["forbid", "allow", "replace"] = "forbid"
    suspended: bool = False

    __repr__ = chosen

    def __post_init__(self) -> None:
        check_text("schedule", self.cron, _CRON, "five fields such as '*/5 * * * *', or @hourly, @daily", limit=100)
        check_text("timezone", self.timezone, _ZONE, "an IANA name such as UTC or Europe/Berlin", limit=64)
        check_choice("concurrency", self.concurrency, CONCURRENCY)
