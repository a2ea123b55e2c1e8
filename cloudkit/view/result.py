"""What is shown of each kind of result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import singledispatch
from pathlib import Path
from typing import Any

from cloudkit.declared.exported import Exported
from cloudkit.model.cause import Cause
from cloudkit.model.entry import Difference
from cloudkit.model.finding import Finding
from cloudkit.model.glance import Glance, Running
from cloudkit.model.log import Event, LogLine
from cloudkit.model.plan import Plan
from cloudkit.model.state import AppState, Replica
from cloudkit.model.task import TaskResult
from cloudkit.plans import Plans
from cloudkit.view.block import Cell, Facts, Lines, Tone, View, grid
from cloudkit.view.columns import COLUMNS, action, phase, ready
from cloudkit.view.neutral import neutral_line
from cloudkit.view.words import moment, size

__all__ = ["listed", "plain_lines", "view"]

NOTHING: dict[type[Any] | None, str] = {Difference: "nothing differs", Finding: "nothing to mend"}


@singledispatch
def view(result: object) -> View:
    """Return what is shown of a result; a handle shows its own one line."""
    kind = next((kind for kind in COLUMNS if isinstance(result, kind)), None)
    return listed((result,), kind) if kind else (Lines((Cell(repr(result).strip("<>")),)),)


@view.register
def _nothing(_result: None) -> View:
    return ()


@view.register(str)
@view.register(Path)
def _text(result: str | Path) -> View:
    return (Lines(tuple(Cell(line) for line in str(result).splitlines())),)


@view.register(list)
@view.register(tuple)
def _sequence(result: Sequence[object]) -> View:
    return listed(result, None)


def listed(items: Sequence[object], kind: type[Any] | None) -> View:
    """Return the table of several results; ``kind`` names the columns where there is none."""
    kind = next((known for known in COLUMNS if items and isinstance(items[0], known)), kind)
    if not items and kind in NOTHING:
        return (Lines((Cell(NOTHING[kind], Tone.GOOD),)),)
    if kind in COLUMNS:
        return (grid(COLUMNS[kind], items),)
    return tuple(block for item in items for block in view(item))


@view.register
def _app(app: AppState) -> View:
    tone = phase(app.phase)
    facts = (
        ("app", Cell(app.name, Tone.STRONG)),
        ("kind", Cell(app.spec.kind)),
        ("status", Cell(f"{tone.text} ({app.counted if app.run else ready(app).text})", tone.tone)),
        *((("next run", Cell(moment(app.next_run))),) if app.next_run else ()),
        *((("last run", Cell(f"{app.run}, {app.run.outcome.value}")),) if app.run and app.spec.kind == "cron" else ()),
        ("url", Cell(app.url or "-")),
        ("image", Cell(app.spec.image.brief)),
        ("revision", Cell(f"{app.revision} (generation {app.generation})")),
        ("seen", Cell(moment(app.observed_at), Tone.DIM)),
    )
    replicas = (grid(shown_columns(app.replicas), app.replicas),) if app.replicas else ()
    return (Facts(facts), *replicas, *(view(app.cause) if app.cause else ()))


def shown_columns(replicas: Sequence[Replica]) -> Iterator[Any]:
    """The columns in which some replica has something to say."""
    for column in COLUMNS[Replica]:
        if any(column.cell(replica).text not in ("", "-") for replica in replicas):
            yield column


@view.register
def _glance(glance: Glance) -> View:
    events = (grid(COLUMNS[Event], glance.events),) if glance.events else ()
    return (grid(COLUMNS[Running], glance.running), *events)


def plain_lines(glance: Glance, young: Sequence[Event]) -> Iterator[str]:
    """Yield a look as lines for a file or a pipe: one for each replica, and one for each event that is new."""
    for row in glance.running:
        used = (f"cpu {row.usage.cpu:.2f}", f"memory {size(row.usage.memory)}") if row.usage else ("cpu -", "memory -")
        replica = row.replica
        words = (moment(glance.observed_at), row.app, replica.name, replica.phase.value, *used)
        yield neutral_line(" ".join((*words, f"restarts {replica.restarts}")))
    for event in young:
        yield from (
            neutral_line(cell.text) for block in view(event) if isinstance(block, Lines) for cell in block.lines
        )


@view.register
def _cause(cause: Cause) -> View:
    lines = [Cell(f"{cause.code.value.replace('_', ' ')}: {cause.summary}", Tone.BAD)]
    lines += [Cell(f"  | {line}", Tone.DIM) for line in cause.evidence]
    lines += [Cell(f"  try: {cause.fix}", Tone.GOOD)] if cause.fix else []
    return (Lines(tuple(lines)),)


@view.register
def _line(line: LogLine) -> View:
    return (Lines((Cell(f"{line.replica} | {line.text}", Tone.WARN if line.stream == "stderr" else Tone.PLAIN),)),)


@view.register
def _event(event: Event) -> View:
    return (Lines((event_line(event),)),)


def event_line(event: Event) -> Cell:
    done = action(event)
    words = " ".join(filter(None, (moment(event.time), event.app, event.object, done.text, event.message)))
    return Cell(words, done.tone)


@view.register
def _task(result: TaskResult) -> View:
    dropped = (Cell("(the beginning was dropped)", Tone.DIM),) if result.truncated else ()
    lines = tuple(Cell(line) for line in result.output.splitlines())
    failed = () if result.ok else (Cell(f"exit code {result.exit_code}", Tone.BAD),)
    return (Lines((*dropped, *lines, *failed)),)


@view.register
def _exported(written: Exported) -> View:
    return (Lines(tuple(Cell(line) for line in str(written).splitlines())),)


@view.register
def _plan(plan: Plan) -> View:
    title, *steps = str(plan).splitlines()
    changes = [Cell(f"  {line}", DIFFERENCE.get(line[:1], Tone.DIM)) for line in plan.diff().splitlines()]
    lines = (Cell(title, Tone.WARN if plan.downtime else Tone.STRONG), *map(Cell, steps), *changes)
    return (Lines(lines),)


@view.register
def _plans(plans: Plans) -> View:
    if not plans:
        return (Lines((Cell("nothing to do"),)),)
    risks = ", ".join(plans.risks) or "none"
    facts = (
        ("risks", Cell(risks, Tone.WARN if plans.risks else Tone.GOOD)),
        ("digest", Cell(plans.digest, Tone.DIM)),
    )
    return (*(block for plan in plans for block in view(plan)), Facts(facts))


@view.register
def _difference(difference: Difference) -> View:
    lines = [Cell(line, DIFFERENCE.get(line[:1], Tone.DIM)) for line in difference.lines]
    return (Lines((*lines, *(Cell(f"  {entry}", Tone.DIM) for entry in difference.entries))),)


DIFFERENCE = {"+": Tone.GOOD, "-": Tone.BAD}
