"""All that runs of some apps at one moment: their replicas, what those use, and what happened lately."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cloudkit.model.log import Event
from cloudkit.model.rows import mimebundle, pretty
from cloudkit.model.state import AppState, Replica
from cloudkit.model.task import Usage

__all__ = ["Glance", "Running"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """One replica, and what it uses.

    Args:
        app: Its app.
        replica: What was seen of it.
        usage: What it uses; None where it does not run, or is not measured.
    """

    app: str
    replica: Replica
    usage: Usage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """Some apps at one moment; each look takes the place of the one before.

    Args:
        apps: The apps.
        usages: What their running replicas use.
        events: What happened lately, the youngest last.
        observed_at: When this was seen.
    """

    apps: tuple[AppState, ...]
    usages: tuple[Usage, ...]
    events: tuple[Event, ...]
    observed_at: datetime

    _repr_pretty_ = pretty
    _repr_mimebundle_ = mimebundle

    @property
    def running(self) -> tuple[Running, ...]:
        """Every replica with what it uses, app by app, the busiest of each first."""
        return tuple(row for app in self.apps for row in self._of(app))

    def _of(self, app: AppState) -> Iterator[Running]:
        used = {usage.replica: usage for usage in self.usages}
        rows = [Running(app=app.name, replica=one, usage=used.get(one.name)) for one in app.replicas]
        yield from sorted(rows, key=lambda row: -row.usage.cpu if row.usage else 0.0)
