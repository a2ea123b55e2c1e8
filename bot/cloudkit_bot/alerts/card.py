"""An incident as a message: what is wrong, since when, what came before it, what was printed, what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from slackblocks import ActionsBlock, AlertBlock, Button, Element, Option, PlainText, RichText, RichTextBlock
from slackblocks import RichTextSection as Plain
from slackblocks import RichTextUser as Mention

from cloudkit_bot import limits
from cloudkit_bot.alerts.incident import Incident, Point
from cloudkit_bot.blocks.chart import Chart, put_charts
from cloudkit_bot.blocks.parts import code, said
from cloudkit_bot.blocks.sheet import Answer, Look, Sheet
from cloudkit_bot.blocks.text import cut, units
from cloudkit_bot.work.board import span

__all__ = ["SILENCE", "TAKE", "card", "headline", "moment"]

TAKE, SILENCE = "incident:take", "incident:silence"
SILENCES = {"1 hour": 3_600, "8 hours": 28_800, "1 day": 86_400, "Not any more": 0}
SHOWN = 8  # lines of evidence, and of what was printed
MARKS = {"over": "🟢", "warning": "🟡", "error": "🔴"}
LEVELS: dict[str, Literal["success", "warning", "error"]] = {"over": "success", "warning": "warning", "error": "error"}


def card(incident: Incident, elements: Sequence[Element], look: Look, *, zone: ZoneInfo, first: bool) -> Answer:
    """Draw an incident.

    Args:
        incident: The incident.
        elements: What can be done with its app now.
        look: How it looks.
        zone: Whose time of day is shown.
        first: True when the card is posted: a picture is sent once, and not with each change.
    """
    sheet = Sheet(look)
    standing = "over" if not incident.open else "error" if incident.sign.grave else "warning"
    head(incident, standing, sheet)
    sheet.add(history(incident, sheet, zone))
    proof(incident, sheet)
    if incident.before:
        sheet.say(f"before it: {incident.before}")
        sheet.add(said(sheet, f"before it: {cut(incident.before, limits.SECTION // 2)}"))
    chart = plotted(incident.points, zone)
    if chart is not None and (first or not look.classic):
        put_charts([chart], sheet, f"{incident.sign.app} replicas")
    if incident.open:
        if elements:
            sheet.add(ActionsBlock(list(elements)[: limits.ACTIONS]), last=True)
        sheet.add(ActionsBlock(list(own(incident))), last=True)
    return sheet.answer()


def headline(incident: Incident) -> str:
    """Return an incident in one line."""
    sign = incident.sign
    about = f"{sign.app}: " if sign.app else ""
    return f"{about}{sign.kind}: {sign.summary}"


def head(incident: Incident, standing: str, sheet: Sheet) -> None:
    words = f"{'over: ' if standing == 'over' else ''}{headline(incident)}"
    text = sheet.words(sheet.look.line(words), limits.SECTION)
    sheet.say(f"{MARKS[standing]} {words}")
    if sheet.look.classic or units(text) > limits.ALERT:
        sheet.add(said(sheet, f"{MARKS[standing]} {text}"))
    else:
        sheet.add(AlertBlock(PlainText(text), level=LEVELS[standing]))


def history(incident: Incident, sheet: Sheet, zone: ZoneInfo) -> RichTextBlock:
    """Return since when it is, and who has done what about it."""
    words = f"since {moment(incident.began, zone)}"
    if not incident.open:
        words = f"{words}, over at {moment(incident.ended, zone)} after {span(incident.ended - incident.began)}"
    if incident.times > 1:
        words = f"{words}, came {incident.times} times"
    sheet.say(words)
    parts: list[RichText | Mention] = [RichText(words)]
    if incident.taken:
        parts += [RichText(" · taken on by "), Mention(incident.taken)]
    if incident.silencer and incident.silent > incident.seen:
        parts += [RichText(f" · silent until {moment(incident.silent, zone)} by "), Mention(incident.silencer)]
    return RichTextBlock(Plain(list(parts)))


def proof(incident: Incident, sheet: Sheet) -> None:
    """Draw what proves it, the line that helps, and what was printed last."""
    sign = incident.sign
    told = {line.partition(" | ")[2] for line in incident.lines}
    evidence = [sheet.clean(line) for line in sign.evidence if line not in told]
    for line in evidence[-3:]:
        sheet.say(f"| {line}")
    if evidence:
        code([cut(line, limits.CARD_TITLE * 2) for line in evidence[-SHOWN:]], sheet)
    if sign.fix:
        sheet.say(f"try: {sheet.look.line(sign.fix)}")
        sheet.add(said(sheet, f"try: {sheet.look.line(sign.fix)}"))
    printed = [cut(sheet.clean(line), limits.CARD_TITLE * 2) for line in incident.lines[-SHOWN:]]
    if printed:
        sheet.add(said(sheet, "last lines"))
        code(printed, sheet)


def plotted(points: Sequence[Point], zone: ZoneInfo) -> Chart | None:
    """Return how many replicas were ready, as a small plot; None before there is a change to be seen."""
    chosen: dict[str, Point] = {f"{local(point.at, zone):%H:%M:%S}": point for point in points}
    kept = dict(list(chosen.items())[-limits.CHART_POINTS :])
    if len(kept) < 2:
        return None
    series = {
        "ready": tuple(float(point.ready) for point in kept.values()),
        "wanted": tuple(float(point.wanted) for point in kept.values()),
        "restarts": tuple(float(point.restarts) for point in kept.values()),
    }
    return Chart(title="Replicas", kind="line", categories=tuple(kept), series=series)


def own(incident: Incident) -> list[Element]:
    """Return what can be done with the incident itself."""
    from slackblocks import StaticSelectMenu

    take = [] if incident.taken else [Button("Acknowledge", action_id=TAKE, value=incident.name)]
    options = [Option(PlainText(label), f"{incident.name} {seconds}") for label, seconds in SILENCES.items()]
    return [*take, StaticSelectMenu(action_id=SILENCE, options=options, placeholder="Silence…")]


def local(at: float, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at, UTC).astimezone(zone)


def moment(at: float, zone: ZoneInfo) -> str:
    """Return a time as people of a zone read it.

    >>> moment(0.0, ZoneInfo("Europe/Berlin"))
    '1970-01-01 01:00:00 CET'
    """
    return f"{local(at, zone):%Y-%m-%d %H:%M:%S %Z}"
