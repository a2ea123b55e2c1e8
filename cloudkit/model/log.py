"""What replicas printed, and what happened to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cloudkit.model.checks import check_flag, check_integer, check_kind
from cloudkit.model.plain import plain

__all__ = ["Event", "LogLine", "LogQuery"]

MOST_LINES = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line that a replica printed.

    Args:
        time: When the engine received it.
        replica: Which replica printed it.
        stream: Where it was printed.
        text: The line without its end, decoded as UTF-8 with replacement, at most 64 KiB.
    """

    time: datetime
    replica: str
    text: str
    stream: Literal["stdout", "stderr"] = "stdout"

    def __str__(self) -> str:
        """Return ``replica | text``, with control characters written out."""
        return f"{self.replica} | {plain(self.text)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """Which lines are wanted.

    Args:
        tail: The last lines of each replica; None is all.
        since: Only what is younger.
        until: Only what is older.
        follow: True goes on with what comes, across restarts and rolls.
        replica: Only this replica; None is all.
    """

    tail: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    follow: bool = False
    replica: str | None = None

    def __post_init__(self) -> None:
        check_integer("tail", self.tail, 0, MOST_LINES, optional=True)
        check_kind("since", self.since, datetime, optional=True)
        check_kind("until", self.until, datetime, optional=True)
        check_flag("follow", self.follow)
        check_kind("replica", self.replica, str, optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to an app.

    Args:
        time: When.
        app: The app's name; empty for what is of all.
        object: What it happened to: a replica, the balancer, a network.
        action: What happened, in the engine's word: ``start``, ``die``, ``oom``.
        message: The details, such as the exit code.
    """

    time: datetime
    app: str
    object: str
    action: str
    message: str = ""

    def __str__(self) -> str:
        """Return one line, such as ``2026-01-31 14:05:00+0000 web: web-2-x7 die, exit code 1``."""
        message = f", {plain(self.message)}" if self.message else ""
        app = f"{self.app}: " if self.app else ""
        return f"{self.time:%Y-%m-%d %H:%M:%S%z} {app}{plain(self.object)} {plain(self.action)}{message}"
