"""Which log lines or events are wanted, as people type it."""

from __future__ import annotations

from datetime import datetime

from cloudkit.model.duration import moment
from cloudkit.model.log import LogQuery

__all__ = ["log_query"]


def log_query(
    *,
    tail: int | None = None,
    since: str | datetime | None = None,
    until: str | datetime | None = None,
    follow: bool = False,
    replica: str | None = None,
) -> LogQuery:
    """Return the query that the options mean; times may be ``10m``, ``14:05`` or ISO 8601.

    >>> log_query(since="2026-01-02T03:04:05+00:00").since.year
    2026
    """
    return LogQuery(
        tail=tail, since=_moment("since", since), until=_moment("until", until), follow=follow, replica=replica
    )


def _moment(option: str, value: str | datetime | None) -> datetime | None:
    return moment(option, value) if isinstance(value, str) else value
