"""The Home tab: what needs attention, what waits for an approval, what runs. It is made when it is opened."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from slackblocks import Button, HeaderBlock, PlainText, RichText, RichTextBlock, RichTextChannel, SectionBlock
from slackblocks import RichTextSection as Plain
from slackblocks import RichTextUser as Mention

from cloudkit.app import App
from cloudkit.command import Call
from cloudkit.errors import AccessError, CloudkitError
from cloudkit.model.state import AppPhase, AppState
from cloudkit.verbs import source_of
from cloudkit.view.result import listed
from cloudkit_bot import limits
from cloudkit_bot.alerts.card import headline, moment
from cloudkit_bot.alerts.incident import Incident
from cloudkit_bot.ask import Ask
from cloudkit_bot.blocks.buttons import RUN, line_of
from cloudkit_bot.blocks.parts import put, said
from cloudkit_bot.blocks.sheet import Answer, Look, Sheet
from cloudkit_bot.desk import Desk
from cloudkit_bot.policy.verdict import Asker, Wanted
from cloudkit_bot.store.requests import Request
from cloudkit_bot.store.store import Store

__all__ = ["WELL", "Home", "Seen", "draw_home"]

WELL = frozenset({AppPhase.READY, AppPhase.COMPLETED, AppPhase.STOPPED, AppPhase.PROGRESSING})
MOST = 8  # incidents, apps and requests that are named
ROWS = 40  # apps of the table


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a Home tab shows.

    Args:
        user: Whose it is.
        apps: What runs.
        incidents: What goes wrong.
        requests: What waits for an approval.
        refused: Why nothing of this is shown; empty where it is.
        at: When, in seconds since the epoch.
        mine: The names of the requests that this user may approve.
    """

    user: str
    at: float
    apps: Sequence[AppState] = ()
    incidents: Sequence[Incident] = ()
    requests: Sequence[Request] = ()
    refused: str = ""
    mine: frozenset[str] = frozenset()


@dataclass
class Home:
    """Shows the Home tab.

    Args:
        desk: Has the backend, the policy and the sender.
        store: Keeps incidents and requests.
        zone: Whose time of day is shown.
    """

    desk: Desk
    store: Store
    zone: ZoneInfo

    def open(self, ask: Ask) -> None:
        """Show somebody's tab as it is now, as far as they may look."""
        seen = self._seen(ask)
        self.desk.sender.publish(ask.user, lambda look: draw_home(seen, look, desk=self.desk, zone=self.zone))

    def _seen(self, ask: Ask) -> Seen:
        source, now = source_of(self.desk.catalogue, AppState, target=False), time.time()
        try:
            if source is None:
                raise AccessError("there is no verb that shows apps")
            self.desk.check(ask, Call(verb=source.verb))
            apps = self.desk.backend.apps()
            incidents = [kept.incident for kept in self.store.incidents.open()]
            requests, asker = self.store.requests.open(), self.desk.asker(ask)
            mine = frozenset(one.name for one in requests if self._approves(asker, one))
            return Seen(user=ask.user, at=now, apps=apps, incidents=incidents, requests=requests, mine=mine)
        except CloudkitError as error:
            return Seen(user=ask.user, at=now, refused=error.summary)

    def _approves(self, asker: Asker, request: Request) -> bool:
        """Say whether the policy lets somebody approve what another asks for."""
        verb, backend = self.desk.catalogue.get(request.verb), self.desk.backend
        if verb is None or request.asker == asker.id:
            return False
        wanted = Wanted(
            verb=verb.name,
            role=verb.mark.role.value,
            changes=True,
            app=request.app,
            backend=backend.name,
            namespace=backend.namespace,
            channel=request.channel,
            approving=True,
        )
        return self.desk.policy.decide(asker, wanted).allowed


def draw_home(seen: Seen, look: Look, *, desk: Desk, zone: ZoneInfo) -> Answer:
    """Draw a Home tab."""
    sheet = Sheet(look)
    if seen.refused:
        sheet.say(seen.refused)
        sheet.add(said(sheet, f"🔴 {seen.refused}"))
        return sheet.answer()
    draw_attention(seen, sheet, desk, zone)
    draw_requests(seen, sheet, zone)
    title(f"What runs: {len(seen.apps)} apps" if len(seen.apps) != 1 else "What runs: 1 app", sheet)
    for part in listed(list(seen.apps[:ROWS]), AppState):
        put(part, sheet, name="apps")
    if len(seen.apps) > ROWS:
        sheet.add(said(sheet, f"the first {ROWS} are shown"))
    sheet.add(said(sheet, f"seen {moment(seen.at, zone)}; write {look.program} in any channel, or to me"))
    return sheet.answer()


def draw_attention(seen: Seen, sheet: Sheet, desk: Desk, zone: ZoneInfo) -> None:
    """Draw what goes wrong, each with the button that shows more of it."""
    told = {one.sign.app for one in seen.incidents}
    others = [app for app in seen.apps if app.phase not in WELL and app.name not in told]
    rows = [(row_of(one, zone), one.sign.app) for one in seen.incidents] + [(f"🟡 {app}", app.name) for app in others]
    title("Needs attention", sheet)
    if not rows:
        sheet.add(said(sheet, "🟢 nothing"))
    for index, (words, app) in enumerate(rows[:MOST]):
        button = shows(desk, app, index, seen.apps)
        sheet.say(words)
        sheet.add(SectionBlock(PlainText(sheet.words(words, limits.FIELD)), accessory=button))
    if len(rows) > MOST:
        sheet.add(said(sheet, f"and {len(rows) - MOST} more"))


def row_of(incident: Incident, zone: ZoneInfo) -> str:
    mark = "🔴" if incident.sign.grave else "🟡"
    taken = "" if incident.taken else ", nobody has taken it on"
    return f"{mark} {headline(incident)}\nsince {moment(incident.began, zone)}{taken}"


def shows(desk: Desk, app: str, index: int, apps: Sequence[AppState]) -> Button | None:
    """Return the button that shows an app, where it is there."""
    reader = desk.catalogue.reader(App)
    if reader is None or app not in {one.name for one in apps}:
        return None
    return Button("Show", action_id=f"{RUN}:{index}", value=line_of(reader, app))


def draw_requests(seen: Seen, sheet: Sheet, zone: ZoneInfo) -> None:
    """Draw what waits for an approval: first what one may approve, then what one has asked for."""
    rows = sorted(seen.requests, key=lambda one: (one.name not in seen.mine, one.asker != seen.user))
    title("Waits for an approval", sheet)
    if not rows:
        sheet.add(said(sheet, "nothing"))
    for request in rows[:MOST]:
        words = f"{request.said}, until {moment(request.until, zone)}, asked by "
        sheet.say(f"{words}{'you' if request.asker == seen.user else request.asker}")
        who = RichText("you") if request.asker == seen.user else Mention(request.asker)
        may = [RichText(": you may approve it")] if request.name in seen.mine else []
        place = [RichText(" in "), RichTextChannel(request.channel)] if request.channel.startswith(("C", "G")) else []
        sheet.add(RichTextBlock(Plain([RichText(sheet.words(words, limits.FIELD)), who, *place, *may])))


def title(text: str, sheet: Sheet) -> None:
    sheet.say(text)
    sheet.add(HeaderBlock(PlainText(text)))
