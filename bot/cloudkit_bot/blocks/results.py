"""A result as a message, by its type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from slackblocks import ActionsBlock, AlertBlock, CardBlock, Element, PlainText, PlanBlock, SectionBlock, TaskCardBlock

from cloudkit.command import Help
from cloudkit.errors import CloudkitError, RolloutError
from cloudkit.model.cause import Cause
from cloudkit.model.glance import Glance
from cloudkit.model.log import LogLine
from cloudkit.model.plan import Plan
from cloudkit.model.state import AppPhase, AppState
from cloudkit.model.task import TaskResult, Usage
from cloudkit.view.block import Facts, Grid, Lines
from cloudkit.view.columns import phase
from cloudkit.view.result import listed, view
from cloudkit_bot import limits
from cloudkit_bot.blocks.chart import glance_charts, put_charts, usage_charts
from cloudkit_bot.blocks.parts import MARKS, as_text, code, put, said
from cloudkit_bot.blocks.sheet import Answer, Look, Sheet
from cloudkit_bot.blocks.text import cut, units

__all__ = ["Shown", "answer", "draw"]

Buttons = Callable[[AppState], Sequence[Element]]
SPOKEN = 20  # lines of a table that the plain text has


@dataclass(frozen=True, slots=True)
class Shown:
    """A result with what belongs to it.

    Args:
        result: What a verb returned.
        kind: What an empty list would hold.
        name: What it is about, for the name of a file.
        buttons: What may be done with an app now.
        note: What is said before it; empty for nothing.
        ending: What can be pressed below it.
    """

    result: object
    kind: type[Any] | None = None
    name: str = "answer"
    buttons: Buttons = lambda _app: ()
    note: str = ""
    ending: Sequence[Element] = ()


def answer(shown: Shown, look: Look) -> Answer:
    """Return the message that shows a result.

    >>> answer(Shown("hello <!here>"), Look()).text
    'hello &lt;!here&gt;'
    """
    sheet = Sheet(look)
    if shown.note:
        sheet.say(shown.note)
        sheet.add(said(sheet, shown.note))
    if isinstance(shown.result, list | tuple):
        draw_list(shown.result, sheet, shown)
    else:
        draw(shown.result, sheet, shown)
    if shown.ending:
        sheet.add(ActionsBlock(list(shown.ending)), last=True)
    return sheet.answer()


@singledispatch
def draw(result: object, sheet: Sheet, shown: Shown) -> None:
    """Draw one result on a sheet."""
    put_all(view(result), sheet, shown.name)


def draw_list(items: Sequence[object], sheet: Sheet, shown: Shown) -> None:
    if items and isinstance(items[0], LogLine):
        lines = [f"{line.replica} | {line.text}" for line in items if isinstance(line, LogLine)]
        sheet.say("\n".join(last(lines, sheet)))
        put_lines(lines, sheet, shown.name)
    elif items and isinstance(items[0], Glance):
        draw_glances([one for one in items if isinstance(one, Glance)], sheet, shown)
    elif items and isinstance(items[0], Usage):
        put_charts(list(usage_charts([one for one in items if isinstance(one, Usage)])), sheet, shown.name)
        put_all(listed(items, shown.kind), sheet, shown.name)
    elif items and isinstance(items[0], Plan):
        for plan in items:
            draw(plan, sheet, shown)
    elif not items and shown.kind is None:
        sheet.say("nothing is there")
    else:
        put_all(listed(items, shown.kind), sheet, shown.name)


def draw_glances(looks: Sequence[Glance], sheet: Sheet, shown: Shown) -> None:
    """Draw how it went from the first look to the last, and the last one as it was."""
    put_charts(list(glance_charts(looks)), sheet, shown.name)
    put_all(view(looks[-1]), sheet, shown.name)


def put_all(parts: Sequence[Facts | Grid | Lines], sheet: Sheet, name: str) -> None:
    for part in parts:
        lines = as_text(part)
        sheet.say("\n".join(sheet.clean("\n".join(lines)).split("\n")[: SPOKEN + 1]))
        if len(lines) > SPOKEN + 1:
            sheet.say(f"and {len(lines) - SPOKEN - 1} more")
        put(part, sheet, name=name)


def last(lines: Sequence[str], sheet: Sheet) -> Sequence[str]:
    """Return the last lines, cleaned before they are cut off: a secret may begin above them."""
    return sheet.clean("\n".join(lines)).split("\n")[-SPOKEN:]


def put_lines(lines: Sequence[str], sheet: Sheet, name: str) -> None:
    """Put lines of text, long ones at their end."""
    from cloudkit.view.block import Cell

    put(Lines(tuple(Cell(line) for line in lines)), sheet, name=name)


@draw.register
def _nothing(_result: None, sheet: Sheet, _shown: Shown) -> None:
    sheet.say("done")
    sheet.add(said(sheet, "done"))


@draw.register
def _text(result: str, sheet: Sheet, shown: Shown) -> None:
    lines = result.splitlines()
    sheet.say("\n".join(sheet.clean(result).split("\n")[:SPOKEN]))  # cleaned whole: a secret may be several lines
    if len(lines) == 1:
        sheet.add(said(sheet, result))
    else:
        put_lines(lines, sheet, shown.name)


@draw.register
def _help(result: Help, sheet: Sheet, _shown: Shown) -> None:
    _text(result.text, sheet, Shown(result, name="help"))


@draw.register
def _app(app: AppState, sheet: Sheet, shown: Shown) -> None:
    sheet.say(str(app))
    title, subtitle = sheet.clean(f"{mark(app)}{app.name}", limits.CARD_TITLE), sheet.clean(standing(app))
    body = sheet.clean(described(app))
    if sheet.look.classic:
        sheet.add(SectionBlock(PlainText(cut(f"{title}\n{subtitle}\n{body}", limits.SECTION))))
    else:
        sheet.add(
            CardBlock(
                title=PlainText(title),
                subtitle=PlainText(cut(subtitle, limits.CARD_TITLE)),
                body=PlainText(cut(body, limits.CARD_BODY)),
            )
        )
    if app.cause and app.phase not in (AppPhase.READY, AppPhase.COMPLETED):
        draw(app.cause, sheet, shown)
    replicas = next((part for part in view(app) if isinstance(part, Grid)), None)
    if replicas:
        put(replicas, sheet, name=f"{app.name} replicas")
    elements = list(shown.buttons(app))[: limits.ACTIONS]
    if elements:
        sheet.add(ActionsBlock(elements), last=True)


def mark(app: AppState) -> str:
    return MARKS.get(phase(app.phase).tone, "⚪ ")


def standing(app: AppState) -> str:
    return " · ".join(filter(None, (app.phase.value, app.counted, app.url)))


def described(app: AppState) -> str:
    due = f"next run {app.next_run:%Y-%m-%d %H:%M %Z}" if app.next_run else ""
    return " · ".join(filter(None, (app.spec.image.brief, app.spec.kind, f"revision {app.revision}", due)))


@draw.register
def _cause(cause: Cause, sheet: Sheet, _shown: Shown) -> None:
    warn(f"{cause.code.value.replace('_', ' ')}: {cause.summary}", cause.evidence, cause.fix, sheet)


@draw.register
def _error(error: CloudkitError, sheet: Sheet, _shown: Shown) -> None:
    sheet.say(error.summary)
    for line in error.evidence[-3:]:
        sheet.say(f"| {line}")
    if error.hint:
        sheet.say(f"try: {sheet.look.line(error.hint)}")
    cause = error.cause if isinstance(error, RolloutError) else None
    summary = error.summary if cause is None or cause.summary in error.summary else f"{error.summary}: {cause.summary}"
    warn(summary, error.evidence, error.hint, sheet)


def warn(summary: str, evidence: Sequence[str], fix: str, sheet: Sheet) -> None:
    """Draw what is wrong: an alert, what proves it, and the line that helps."""
    text = sheet.words(sheet.look.line(summary), limits.SECTION)
    if sheet.look.classic or units(text) > limits.ALERT:
        sheet.add(said(sheet, f"🔴 {text}"))
    else:
        sheet.add(AlertBlock(PlainText(text), level="error"))
    lines = [sheet.clean(line) for line in evidence]
    if lines and not code(lines, sheet):
        code(lines, sheet, last=True)
        sheet.attach("evidence.txt", lines)
    if fix:
        sheet.add(said(sheet, f"try: {sheet.look.line(fix)}"))


@draw.register
def _task(result: TaskResult, sheet: Sheet, shown: Shown) -> None:
    ended = f"exit code {result.exit_code}, {result.duration:.1f} s"
    lines = result.output.splitlines()
    sheet.say("\n".join([ended, *last(lines, sheet)]))
    sheet.add(said(sheet, ended if result.ok else f"🔴 {ended}"))
    if lines:
        put_lines(lines, sheet, shown.name)


@draw.register
def _plan(plan: Plan, sheet: Sheet, _shown: Shown) -> None:
    title, *steps = str(plan).splitlines()
    sheet.say(str(plan))
    tasks = [
        TaskCardBlock(f"step-{index}", sheet.words(str(action), limits.CARD_TITLE), status="pending")
        for index, action in enumerate(plan.actions[: limits.TASKS], start=1)
    ]
    placed = False
    if tasks and not sheet.look.classic:
        placed = sheet.add(PlanBlock(sheet.words(title, limits.CARD_TITLE), tasks))
    if not placed:
        sheet.add(said(sheet, title))
        cleaned = [sheet.clean(step) for step in steps]
        if not code(cleaned, sheet):
            code(cleaned, sheet, last=True)
    elif len(steps) > limits.TASKS:
        sheet.attach("plan.txt", [title, *steps])
    difference = [sheet.clean(line) for line in plan.diff().splitlines()]
    if difference and not code(difference, sheet):
        sheet.attach("changes.txt", difference)
