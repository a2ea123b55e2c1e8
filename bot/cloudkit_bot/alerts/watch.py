"""Looks at the apps again and again, and keeps what it finds as incidents."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from cloudkit.backends.protocol import Backend
from cloudkit.cloud import Cloud
from cloudkit.errors import CloudkitError
from cloudkit.model.cause import Cause
from cloudkit.model.entry import Entry
from cloudkit.model.log import Event, LogQuery
from cloudkit.model.state import AppState
from cloudkit_bot.alerts.incident import Incident, Point, Sign, again, begun, over
from cloudkit_bot.alerts.signs import Restarts, failed, key_of, starved, unwell
from cloudkit_bot.store.incidents import Incidents, Kept

__all__ = ["Watch", "sighted"]

LOGGER = logging.getLogger("cloudkit_bot")
BACK = 1_800.0  # seconds after which what comes back is an incident of its own
BEFORE = timedelta(minutes=10)  # of what is asked about before the first look
LINES, PRINTED = 20, 300  # lines that are kept of an app, and characters of each
ENTRIES = 50


def sighted(incidents: Incidents, sign: Sign, now: float, fill: Callable[[Incident], Incident]) -> Incident | None:
    """Keep that a sign was seen: of the incident that is open, of one that was over lately, or of a new one.

    Args:
        incidents: What is kept.
        sign: What was seen.
        now: When, in seconds since the epoch.
        fill: Adds to an incident that begins, or begins again, what is known besides.
    """
    last = incidents.last(sign.key)
    if last is None or not (last.incident.open or now - last.incident.ended < BACK):
        fresh = fill(begun(sign, now, last.incident if last else None))
        return fresh if incidents.add(fresh) else None
    if sign.entry and sign.entry <= last.incident.sign.entry:
        return last.incident
    there = last.incident.sign
    anew = not last.incident.open or (sign.kind != there.kind and sign.telling >= there.telling)

    def changed(incident: Incident) -> Incident:
        seen = again(incident, sign, now)
        return fill(seen) if anew else seen

    return incidents.change(last.incident.name, changed, urgent=anew or sign.grave != there.grave)


@dataclass
class Watch:
    """What is seen of the apps.

    Args:
        cloud: Makes the cloud that is looked at.
        incidents: Keeps what is found.
        calm: Seconds without a sign after which an incident is over.
        clock: Seconds since the epoch.
    """

    cloud: Callable[[], Cloud]
    incidents: Incidents
    calm: float
    clock: Callable[[], float] = time.time
    _restarts: Restarts = field(default_factory=Restarts)
    _since: datetime | None = None
    _heard: set[Event] = field(default_factory=set)
    _doubtful: set[str] = field(default_factory=set)

    def look(self) -> None:
        """Look once."""
        cloud = self.cloud()
        apps = cloud.backend.apps()
        entries = self._entries(cloud)
        signs = list(self._signs(cloud.backend, apps, entries))
        for sign in signs:
            sighted(self.incidents, sign, self.clock(), lambda one: self._filled(one, cloud.backend, entries))
        self._restarts.forget(app.name for app in apps)
        known = {app.name: app for app in apps}
        for kept in self.incidents.open():
            if kept.incident.sign.app:
                self._follow(kept, known.get(kept.incident.sign.app), entries)

    def _signs(self, backend: Backend, apps: Sequence[AppState], entries: Sequence[Entry]) -> Iterator[Sign]:
        """Yield what is seen."""
        yield from failed(reversed(entries), apps)
        yield from starved(self._events(backend, apps), apps)
        doubtful = self._doubtful
        self._doubtful = set()
        for app in apps:
            loop = self._restarts.look(app)
            bad = unwell(app, lambda name: diagnosed(backend, name))
            if bad is not None and (bad.certain or app.name in doubtful or loop is not None):
                yield bad
            elif loop is not None:
                yield loop
            if bad is not None:
                self._doubtful.add(app.name)

    def _events(self, backend: Backend, apps: Sequence[AppState]) -> list[Event]:
        """Return what has happened since the last look, by the engine's own clock."""
        now = max((app.observed_at for app in apps), default=datetime.now(UTC))
        found = list(backend.events(None, LogQuery(since=self._since or now - BEFORE)))
        fresh = [event for event in found if event not in self._heard]
        if found:
            self._since = max(event.time for event in found)
            self._heard = {event for event in found if event.time == self._since}
        return fresh

    def _entries(self, cloud: Cloud) -> Sequence[Entry]:
        """Return the journal's last entries, the newest first; where none is kept, none."""
        try:
            return cloud.history(last=ENTRIES)
        except CloudkitError as error:
            LOGGER.debug("no journal is read: %s", error.summary)
            return ()

    def filled(self, incident: Incident) -> Incident:
        """Add to an incident the last lines of its app, and the change that came before it."""
        if not incident.sign.app:
            return incident
        cloud = self.cloud()
        return self._filled(incident, cloud.backend, self._entries(cloud))

    def _filled(self, incident: Incident, backend: Backend, entries: Sequence[Entry]) -> Incident:
        """Add the last lines of an app, and the change that came before."""
        lines: tuple[str, ...] = ()
        with suppress(CloudkitError):
            printed = list(backend.logs(incident.sign.app, LogQuery(tail=LINES)))[-LINES:]
            lines = tuple(f"{line.replica} | {line.text[:PRINTED]}" for line in printed)
        return replace(incident, lines=lines or incident.lines, before=before(incident, entries) or incident.before)

    def _follow(self, kept: Kept, app: AppState | None, entries: Sequence[Entry]) -> None:
        """Keep how the app of an open incident is now, and end what was seen here where all is well again."""
        now, incident = self.clock(), kept.incident
        if incident.sign.key == key_of(incident.sign.app) and self._ended(incident, app, entries, now):
            self.incidents.change(incident.name, lambda one: over(one, now), urgent=True)
        elif app is not None:
            point = point_of(app, now)
            self.incidents.change(incident.name, lambda one: one.looked(point))

    def _ended(self, incident: Incident, app: AppState | None, entries: Sequence[Entry], now: float) -> bool:
        if app is None:
            return now - incident.seen >= self.calm
        if incident.sign.lasting:
            later = (one for one in entries if one.app == app.name and one.number > incident.sign.entry)
            return bool(incident.taken) or any(one.changed and one.outcome == "ok" for one in later)
        return now - incident.seen >= self.calm


def diagnosed(backend: Backend, name: str) -> Cause | None:
    """Ask why an app is not well; what cannot be asked is not known."""
    with suppress(CloudkitError):
        return backend.diagnose(name)
    return None


def before(incident: Incident, entries: Sequence[Entry]) -> str:
    """Return the last change of an app before an incident began."""
    for entry in entries:
        mine = entry.app == incident.sign.app and entry.plan and entry.number != incident.sign.entry
        if mine and entry.changed and entry.begun_at.timestamp() <= incident.seen:
            return str(entry)
    return ""


def point_of(app: AppState, now: float) -> Point:
    """Return how an app is."""
    return Point(
        at=now,
        ready=sum(replica.ready for replica in app.replicas),
        wanted=app.desired,
        restarts=sum(replica.restarts for replica in app.replicas),
    )
