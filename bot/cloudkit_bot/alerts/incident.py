"""An incident, and what becomes of it: seen, seen again, taken on, silenced, over. All of it is pure."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

__all__ = ["OPEN", "OVER", "Incident", "Point", "Sign", "again", "begun", "over"]

OPEN, OVER = "open", "over"
POINTS = 40  # looks that an incident remembers


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """How an app was at one look.

    Args:
        at: When, in seconds since the epoch.
        ready: How many replicas were ready.
        wanted: How many were wanted.
        restarts: How often its replicas had been restarted.
    """

    at: float
    ready: int
    wanted: int
    restarts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Something that says that all is not well.

    Args:
        key: What it is about: two signs with one key are of one incident.
        kind: What it is in a few words, such as ``crash loop``.
        summary: One sentence.
        app: The app; empty where it is of none.
        grave: True where somebody is to be woken: nobody is served.
        evidence: What proves it.
        fix: The line that helps.
        entry: The number of the journal's entry that failed; 0 for none.
        lasting: True for what does not show any more, so that only a change or a person ends it.
        telling: How much it tells; what tells less does not take its place.
        certain: False for what may be over at the next look, as it is while something is restarted.
    """

    key: str
    kind: str
    summary: str
    app: str = ""
    grave: bool = False
    evidence: tuple[str, ...] = ()
    fix: str = ""
    entry: int = 0
    lasting: bool = False
    telling: int = 0
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What goes wrong, from its first sign until it is over.

    Args:
        name: What names it; its buttons hold this.
        sign: The sign that tells most.
        state: ``open`` or ``over``.
        began: When the first sign was seen, in seconds since the epoch.
        seen: When the last one was.
        ended: When it was over; 0 while it is open.
        times: How often it has begun; more than once where it came back.
        lines: The last lines that were printed.
        before: The change that came before it.
        points: How the app was.
        taken: Who has taken it on; empty for nobody.
        silencer: Who has silenced it; empty for nobody.
        silent: Until when nothing is told of it, in seconds since the epoch.
    """

    name: str
    sign: Sign
    state: str = OPEN
    began: float
    seen: float
    ended: float = 0.0
    times: int = 1
    lines: tuple[str, ...] = ()
    before: str = ""
    points: tuple[Point, ...] = ()
    taken: str = ""
    silencer: str = ""
    silent: float = 0.0

    @property
    def open(self) -> bool:
        """True until it is over."""
        return self.state == OPEN

    def looked(self, point: Point) -> Incident:
        """Return it with how the app was at one more look, where that says something new."""
        last = self.points[-1] if self.points else None
        if last is not None and (last.ready, last.wanted, last.restarts) == (point.ready, point.wanted, point.restarts):
            return self
        return replace(self, points=(*self.points, point)[-POINTS:])


def begun(sign: Sign, now: float, last: Incident | None = None) -> Incident:
    """Return a new incident; it is silent as long as the last one of its kind was to be."""
    silence = (last.silencer, last.silent) if last is not None and last.silent > now else ("", 0.0)
    return Incident(name=secrets.token_hex(8), sign=sign, began=now, seen=now, silencer=silence[0], silent=silence[1])


def again(incident: Incident, sign: Sign, now: float) -> Incident:
    """Return an incident of which one more sign was seen; one that was over has begun again.

    >>> first = Sign(key="app:web", kind="crash loop", summary="web-1 exited with 3", app="web")
    >>> late = again(over(begun(first, 0.0), 60.0), first, 90.0)
    >>> late.open, late.times, late.began
    (True, 2, 0.0)
    """
    less = incident.open and sign.telling < incident.sign.telling
    known = replace(incident, sign=replace(incident.sign, grave=sign.grave) if less else sign, seen=now)
    if incident.open:
        return known
    return replace(known, state=OPEN, ended=0.0, times=incident.times + 1, taken="")


def over(incident: Incident, now: float) -> Incident:
    """Return an incident that is over."""
    return replace(incident, state=OVER, ended=now) if incident.open else incident
