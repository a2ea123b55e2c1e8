"""What says that an app is not well: its state, restarts, events of the engine, changes that failed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cloudkit.errors import RolloutError
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.entry import Entry
from cloudkit.model.log import Event
from cloudkit.model.state import AppPhase, AppState
from cloudkit_bot.alerts.incident import Sign

__all__ = ["Restarts", "failed", "key_of", "starved", "unwell"]

BAD = frozenset({AppPhase.FAILED, AppPhase.DEGRADED})
LOOP = 3  # restarts within the time below that make a loop
WITHIN = timedelta(minutes=10)
STARVED = "oom"  # the engine's word for what used too much memory
FAILED = RolloutError.code  # the journal's word for a change whose app did not become ready


def key_of(app: str) -> str:
    """Return what all signs of an app have in common, so that they are one incident."""
    return f"app:{app}"


def unwell(app: AppState, diagnose: Callable[[str], Cause | None]) -> Sign | None:
    """Return the sign that an app's state is; None where it is well, or still on its way."""
    if app.phase not in BAD:
        return None
    cause = diagnose(app.name) or app.cause
    if cause is None:
        kind, grave = app.phase.value, nobody(app)
        return Sign(key=key_of(app.name), app=app.name, kind=kind, summary=str(app), grave=grave, certain=False)
    return caused(app, cause)


def caused(app: AppState, cause: Cause) -> Sign:
    return Sign(
        key=key_of(app.name),
        app=app.name,
        kind=words(cause.code),
        summary=cause.summary,
        grave=nobody(app),
        evidence=cause.evidence,
        fix=cause.fix,
        telling=int(cause.code is CauseCode.OUT_OF_MEMORY),
        certain=cause.certain,
    )


def words(code: CauseCode) -> str:
    return code.value.replace("_", " ")


def nobody(app: AppState) -> bool:
    """Tell whether nothing of an app is ready that should be."""
    return app.desired > 0 and not any(replica.ready for replica in app.replicas)


def starved(events: Iterable[Event], apps: Sequence[AppState]) -> Iterator[Sign]:
    """Yield a sign for each app of which something ran out of memory, though it may run again by now."""
    known = {app.name: app for app in apps}
    for event in events:
        app = known.get(event.app)
        if app is not None and event.action == STARVED:
            cause = app.cause if app.cause and app.cause.code is CauseCode.OUT_OF_MEMORY else None
            summary = cause.summary if cause else f"{event.object} used all of its memory and was killed"
            yield Sign(
                key=key_of(app.name),
                app=app.name,
                kind=words(CauseCode.OUT_OF_MEMORY),
                summary=summary,
                grave=nobody(app),
                evidence=cause.evidence if cause else (str(event),),
                fix=cause.fix if cause else "",
                telling=1,
            )


def failed(entries: Iterable[Entry], apps: Sequence[AppState]) -> Iterator[Sign]:
    """Yield a sign for each change whose app did not become ready; what ran before runs again."""
    known = {app.name: app for app in apps}
    for entry in entries:
        if entry.outcome == FAILED and entry.app:
            app = known.get(entry.app)
            first, *rest = entry.error.splitlines() or [entry.words]
            yield Sign(
                key=key_of(entry.app),
                app=entry.app,
                kind="failed rollout",
                summary=first,
                grave=app is not None and nobody(app),
                evidence=(*rest, str(entry).partition(": ")[0]),
                entry=entry.number,
                lasting=True,
                telling=2,
            )


@dataclass
class Restarts:
    """How often the replicas of apps have been restarted, look by look."""

    _seen: dict[str, deque[tuple[datetime, int]]] = field(default_factory=dict)

    def look(self, app: AppState) -> Sign | None:
        """Take one look; return a sign where an app is restarted again and again, whatever it is between two."""
        count = sum(replica.restarts for replica in app.replicas)
        held = self._seen.setdefault(app.name, deque())
        grew = bool(held) and count > held[-1][1]
        held.append((app.observed_at, count))
        while held and app.observed_at - held[0][0] > WITHIN:
            held.popleft()
        fewest = min(number for _, number in held)
        if not grew or count - fewest < LOOP:
            return None
        if app.cause is not None:
            return replace(caused(app, app.cause), certain=True)
        ended = sorted({one.exit_code for one in app.replicas if one.restarts and one.exit_code is not None})
        codes = f", with exit code {' and '.join(map(str, ended))}" if ended else ""
        summary = f"replicas of {app.name!r} were restarted {count - fewest} times within ten minutes{codes}"
        return Sign(
            key=key_of(app.name), app=app.name, kind=words(CauseCode.CRASH_LOOP), summary=summary, grave=nobody(app)
        )

    def forget(self, apps: Iterable[str]) -> None:
        """Forget all but some apps."""
        kept = set(apps)
        for name in [name for name in self._seen if name not in kept]:
            del self._seen[name]
