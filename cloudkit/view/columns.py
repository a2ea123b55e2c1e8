"""Which columns a list of each kind of state has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cloudkit.model.advice import Advice
from cloudkit.model.check import Check
from cloudkit.model.entry import Entry, Wanted
from cloudkit.model.finding import Finding, Severity
from cloudkit.model.glance import Running
from cloudkit.model.image import ImageState
from cloudkit.model.log import Event
from cloudkit.model.state import AppPhase, AppState, Replica, ReplicaPhase, Revision
from cloudkit.model.task import Usage
from cloudkit.model.workload import Workload
from cloudkit.view.block import Cell, Column, Tone
from cloudkit.view.words import age, moment, shortly, size

__all__ = ["COLUMNS", "action", "phase", "ready"]

TONES: dict[str, Tone] = {
    AppPhase.READY: Tone.GOOD,
    AppPhase.PROGRESSING: Tone.WARN,
    AppPhase.DEGRADED: Tone.BAD,
    AppPhase.COMPLETED: Tone.GOOD,
    AppPhase.FAILED: Tone.BAD,
    AppPhase.STOPPED: Tone.DIM,
    ReplicaPhase.STARTING: Tone.WARN,
    ReplicaPhase.UNREADY: Tone.BAD,
    ReplicaPhase.CRASHED: Tone.BAD,
    ReplicaPhase.DRAINING: Tone.DIM,
    ReplicaPhase.PENDING: Tone.DIM,
    ReplicaPhase.COMPLETED: Tone.DIM,
}
OUTCOMES = {"ok": Tone.GOOD, "running": Tone.WARN, "unknown": Tone.WARN, "interrupted": Tone.WARN}
WIDEST = 60  # characters of a call
BAD_ACTIONS = frozenset({"die", "kill", "oom", "crash", "unhealthy"})


def phase(value: AppPhase | ReplicaPhase) -> Cell:
    """Return a phase in its tone."""
    return Cell(value.value, TONES.get(value, Tone.PLAIN))


def ready(app: AppState) -> Cell:
    """Return how many of the wanted replicas are ready, or how many run of a cron."""
    if app.spec.kind == "cron":
        return Cell(app.counted if app.ready else "-")
    wanted = app.desired
    tone = Tone.PLAIN if app.ready >= wanted else Tone.WARN
    return Cell(f"{app.ready}/{wanted}", tone)


def action(event: Event) -> Cell:
    """Return what happened, in the tone of how bad it is."""
    return Cell(event.action, Tone.BAD if event.action in BAD_ACTIONS else Tone.PLAIN)


def counted(count: int | None) -> Cell:
    """Return a number of bytes; a dash where the backend does not tell."""
    return Cell("-" if count is None else size(count))


def named(app: AppState) -> Cell:
    return Cell(app.name, Tone.STRONG)


def app_age(app: AppState) -> Cell:
    started = [replica.started_at for replica in app.replicas if replica.started_at]
    return Cell(age(min(started, default=None), app.observed_at))


def restarts(replica: Replica) -> Cell:
    return Cell(str(replica.restarts), Tone.WARN if replica.restarts else Tone.PLAIN)


def exit_code(replica: Replica) -> Cell:
    code = replica.exit_code
    return Cell("-" if code is None else str(code), Tone.BAD if code else Tone.PLAIN)


def memory(usage: Usage) -> Cell:
    if usage.memory_limit is None:
        return Cell(size(usage.memory))
    part = usage.memory / max(1, usage.memory_limit)
    return Cell(f"{size(usage.memory)} / {size(usage.memory_limit)}", Tone.BAD if part > 0.9 else Tone.PLAIN, part)


def cpu(usage: Usage) -> Cell:
    return Cell(f"{usage.cpu:.2f}", Tone.PLAIN, min(1.0, usage.cpu))


def tags(state: ImageState) -> Cell:
    return Cell(", ".join(tag.familiar for tag in state.tags) or state.reference.familiar, Tone.STRONG)


def severity(finding: Finding) -> Cell:
    return Cell(finding.severity.value, Tone.BAD if finding.severity is Severity.ERROR else Tone.WARN)


def passed(check: Check) -> Cell:
    return Cell("ok", Tone.GOOD) if check.ok else Cell("missing", Tone.BAD)


def current(revision: Revision) -> Cell:
    return Cell("current" if revision.current else "", Tone.GOOD)


def counted_ready(workload: Workload) -> Cell:
    tone = Tone.PLAIN if workload.ready >= workload.wanted else Tone.WARN
    return Cell(f"{workload.ready}/{workload.wanted}", tone)


def outcome(entry: Entry) -> Cell:
    """Return how it ended, in the tone of how bad that is."""
    return Cell(entry.outcome, OUTCOMES.get(entry.outcome, Tone.BAD))


def call(entry: Entry) -> Cell:
    """Return what was asked for, cut where it is long."""
    words = entry.words
    return Cell(words if len(words) <= WIDEST else f"{words[: WIDEST - 3]}...", Tone.STRONG)


def where(entry: Entry) -> Cell:
    """Return through what it was asked for, and in which channel."""
    return Cell(" ".join(filter(None, (entry.origin, entry.source.get("channel")))))


def took(entry: Entry) -> Cell:
    return Cell("-" if entry.duration is None else f"{entry.duration:.1f}s")


def ago(time: datetime | None) -> Cell:
    return Cell(age(time, datetime.now(UTC)))


COLUMNS: dict[type[Any], tuple[Column, ...]] = {
    AppState: (
        Column("NAME", named),
        Column("KIND", lambda app: Cell(app.spec.kind)),
        Column("READY", ready, right=True),
        Column("STATUS", lambda app: phase(app.phase)),
        Column("REVISION", lambda app: Cell(str(app.revision)), right=True),
        Column("AGE", app_age, right=True),
        Column("URL", lambda app: Cell(app.url or "-")),
        Column("IMAGE", lambda app: Cell(app.spec.image.brief, Tone.DIM)),
    ),
    Workload: (
        Column("KIND", lambda workload: Cell(workload.kind)),
        Column("NAME", lambda workload: Cell(workload.name, Tone.STRONG)),
        Column("READY", counted_ready, right=True),
        Column("OWNER", lambda workload: Cell(workload.owner or "-")),
        Column("AGE", lambda workload: Cell(age(workload.created_at, workload.observed_at)), right=True),
        Column("IMAGE", lambda workload: Cell(", ".join(workload.images), Tone.DIM)),
        Column("MESSAGE", lambda workload: Cell(workload.message, Tone.BAD)),
    ),
    Replica: (
        Column("REPLICA", lambda replica: Cell(replica.name, Tone.STRONG)),
        Column("STATUS", lambda replica: phase(replica.phase)),
        Column("REVISION", lambda replica: Cell(str(replica.revision)), right=True),
        Column("RESTARTS", restarts, right=True),
        Column("EXIT", exit_code, right=True),
        Column("ADDRESS", lambda replica: Cell(replica.address or "-")),
        Column("STARTED", lambda replica: Cell(moment(replica.started_at))),
        Column("MESSAGE", lambda replica: Cell(replica.message, Tone.DIM)),
    ),
    Revision: (
        Column("REVISION", lambda revision: Cell(str(revision.number), Tone.STRONG), right=True),
        Column("", current),
        Column("AGE", lambda revision: ago(revision.created_at), right=True),
        Column("IMAGE", lambda revision: Cell(revision.spec.image.brief)),
    ),
    ImageState: (
        Column("IMAGE", tags),
        Column("DIGEST", lambda state: Cell(state.digest.short, Tone.DIM)),
        Column("SIZE", lambda state: Cell(size(state.size)), right=True),
        Column("AGE", lambda state: ago(state.created), right=True),
        Column("PLATFORM", lambda state: Cell(state.platform or "-")),
    ),
    Usage: (
        Column("REPLICA", lambda usage: Cell(usage.replica, Tone.STRONG)),
        Column("CPU", cpu),
        Column("MEMORY", memory),
        Column("RECEIVED", lambda usage: counted(usage.received), right=True),
        Column("SENT", lambda usage: counted(usage.sent), right=True),
        Column("PIDS", lambda usage: Cell("-" if usage.pids is None else str(usage.pids)), right=True),
    ),
    Running: (
        Column("APP", lambda row: Cell(row.app, Tone.STRONG)),
        Column("REPLICA", lambda row: Cell(row.replica.name)),
        Column("STATUS", lambda row: phase(row.replica.phase)),
        Column("CPU", lambda row: cpu(row.usage) if row.usage else Cell("-")),
        Column("MEMORY", lambda row: memory(row.usage) if row.usage else Cell("-")),
        Column("RESTARTS", lambda row: restarts(row.replica), right=True),
        Column("MESSAGE", lambda row: Cell(row.replica.message, Tone.DIM)),
    ),
    Event: (
        Column("TIME", lambda event: Cell(moment(event.time), Tone.DIM)),
        Column("APP", lambda event: Cell(event.app)),
        Column("OBJECT", lambda event: Cell(event.object, Tone.STRONG)),
        Column("ACTION", action),
        Column("MESSAGE", lambda event: Cell(event.message)),
    ),
    Entry: (
        Column("ENTRY", lambda entry: Cell(str(entry.number), Tone.DIM), right=True),
        Column("TIME", lambda entry: Cell(shortly(entry.begun_at), Tone.DIM)),
        Column("CALL", call, wraps=True),
        Column("BY", lambda entry: Cell(entry.identity)),
        Column("FROM", where),
        Column("RESULT", outcome),
        Column("TOOK", took, right=True),
        Column("REVISION", lambda entry: Cell("-" if entry.revision is None else str(entry.revision)), right=True),
        Column("MESSAGE", lambda entry: Cell("; ".join(filter(None, (entry.error, entry.note)))), wraps=True),
    ),
    Wanted: (
        Column("NAME", lambda wanted: Cell(wanted.name, Tone.STRONG)),
        Column("KIND", lambda wanted: Cell(wanted.spec.kind)),
        Column("REPLICAS", lambda wanted: Cell(str(wanted.spec.replicas)), right=True),
        Column("IMAGE", lambda wanted: Cell(wanted.spec.image.brief)),
        Column("SINCE", lambda wanted: Cell(shortly(wanted.since) if wanted.since else "-", Tone.DIM)),
        Column("ENTRY", lambda wanted: Cell("-" if wanted.entry is None else str(wanted.entry), Tone.DIM), right=True),
        Column("MESSAGE", lambda wanted: Cell(wanted.note, Tone.WARN), wraps=True),
    ),
    Finding: (
        Column("LINE", lambda finding: Cell(str(finding.line or "-")), right=True),
        Column("", severity),
        Column("FOUND", lambda finding: Cell(finding.text)),
        Column("WRITE", lambda finding: Cell(finding.fix, Tone.GOOD)),
    ),
    Advice: (
        Column("REPLICAS", lambda advice: Cell(str(advice.replicas), Tone.STRONG), right=True),
        Column("REASON", lambda advice: Cell(advice.reason)),
    ),
    Check: (
        Column("PART", lambda check: Cell(check.name, Tone.STRONG)),
        Column("", passed),
        Column("FOUND", lambda check: Cell(check.detail)),
        Column("MEND", lambda check: Cell("" if check.ok else check.fix, Tone.WARN)),
    ),
}
