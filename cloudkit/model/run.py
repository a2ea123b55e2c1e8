"""How far work has come that runs to its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cloudkit.model.frozen import chosen

__all__ = ["Outcome", "Run"]


class Outcome(StrEnum):
    """What has come of a run."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a job.

    Args:
        completed: How many replicas have ended with exit code 0.
        failed: How many have failed.
        retries: How many may fail before the run has.
        outcome: What has come of it.
        begun_at: When its first replica began; None before.

    >>> str(Run(completed=2, failed=1, retries=3))
    '2 completed, 1 of 3 retries used'
    """

    completed: int = 0
    failed: int = 0
    retries: int = 0
    outcome: Outcome = Outcome.RUNNING
    begun_at: datetime | None = None

    __repr__ = chosen

    @property
    def over(self) -> bool:
        """True once nothing of it will run any more."""
        return self.outcome is not Outcome.RUNNING

    @property
    def tries(self) -> str:
        """What has failed, in words; empty where nothing has."""
        return f"{min(self.failed, self.retries)} of {self.retries} retries used" if self.failed else ""

    def __str__(self) -> str:
        """Return one line."""
        return ", ".join(filter(None, (f"{self.completed} completed", self.tries)))
