"""What replicas printed, and what happened to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

__all__ = ["Event", "LogLine", "LogQuery"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to an app.

    Args:
        time: When.
        app: The app's name.
        object: What it happened to: a replica, the balancer, a network.
        action: What happened, in the engine's word: ``start``, ``die``, ``oom``.
        message: The details, such as the exit code.
    """

    time: datetime
    app: str
    object: str
    action: str
    message: str = ""
