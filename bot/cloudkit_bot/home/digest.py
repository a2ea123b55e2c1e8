"""A summary in a channel at set times: how the apps are, what went wrong, what was changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from slackblocks import HeaderBlock, PlainText

from cloudkit.backends.schedule import check_schedule, last_due
from cloudkit.errors import CloudkitError, ConfigError
from cloudkit.model.entry import Entry
from cloudkit.model.job import Schedule
from cloudkit.model.state import AppState
from cloudkit.view.result import listed
from cloudkit_bot import limits
from cloudkit_bot.alerts.card import headline, moment
from cloudkit_bot.alerts.incident import Incident
from cloudkit_bot.blocks.parts import put, said
from cloudkit_bot.blocks.sheet import Answer, Look, Sheet
from cloudkit_bot.desk import Desk
from cloudkit_bot.home.tab import WELL
from cloudkit_bot.settings import Settings
from cloudkit_bot.store.store import Store
from cloudkit_bot.work.rounds import Rounds

__all__ = ["Digest", "Summary", "draw_summary"]

PAUSE = 15.0  # seconds between two looks whether one is due
LATE = timedelta(minutes=10)  # how late one is still posted, as after a restart
WEEK = timedelta(days=8)
ENTRIES, MOST = 200, 10  # changes that are read, and those that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a digest tells.

    Args:
        since: From when.
        until: Until when.
        apps: What runs.
        incidents: What went wrong meanwhile, and what still does.
        entries: What was changed.
    """

    since: datetime
    until: datetime
    apps: Sequence[AppState]
    incidents: Sequence[Incident]
    entries: Sequence[Entry]


class Digest:
    """Posts a summary whenever one is due, once, however many bots there are.

    Args:
        settings: When, and where.
        desk: Has the backend and the sender.
        store: Keeps incidents, and which summaries were posted.
        zone: Whose time of day it is.
        clock: Seconds since the epoch.

    Raises:
        ConfigError: It would never be due, or has no channel.
    """

    def __init__(
        self, settings: Settings, desk: Desk, store: Store, zone: ZoneInfo, clock: Callable[[], float] = time.time
    ) -> None:
        self.desk, self.store, self.zone, self.clock = desk, store, zone, clock
        self.channel = settings.digest_channel or settings.alerts_channel
        self.schedule = scheduled(settings.digest, zone, self.channel)
        self._since = self._now() - LATE
        self._rounds = Rounds("digest", self.turn, PAUSE)

    def start(self) -> None:
        """Begin, where there are times."""
        if self.schedule is not None:
            self._rounds.start()

    def stop(self) -> None:
        """Post no more."""
        self._rounds.stop()

    def turn(self) -> None:
        """Post what is due and was not posted yet."""
        now = self._now()
        due = last_due(self.schedule, self._since, now) if self.schedule else None
        if due is not None and self.store.deliveries.first(f"digest {self.channel} {due.isoformat()}"):
            summary = self.summary(due)
            self.desk.sender.put(self.channel, lambda look: draw_summary(summary, look, self.zone))
        self._since = now

    def summary(self, due: datetime) -> Summary:
        """Return what has been since the time before the one that is due."""
        moment_before = due - timedelta(seconds=1)
        last = last_due(self.schedule, due - WEEK, moment_before) if self.schedule else None
        since = last or due - timedelta(days=1)
        try:
            entries = [one for one in self.desk.cloud().history(since=since, last=ENTRIES) if one.plan and one.changed]
        except CloudkitError:  # where no journal is kept, nothing is told of it
            entries = []
        incidents = [kept.incident for kept in self.store.incidents.since(since.timestamp())]
        return Summary(since=since, until=due, apps=self.desk.backend.apps(), incidents=incidents, entries=entries)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)


def scheduled(cron: str, zone: ZoneInfo, channel: str) -> Schedule | None:
    """Return when a digest is due; None for never."""
    if not cron:
        return None
    if not channel:
        raise ConfigError("a digest is to be posted, and no channel is named", hint="set CLOUDKIT_BOT_DIGEST_CHANNEL")
    try:
        schedule = Schedule(cron=cron, timezone=zone.key)
        check_schedule(schedule)
    except CloudkitError as error:
        raise ConfigError(f"the setting digest is wrong: {error.summary}", hint=error.hint) from error
    return schedule


def draw_summary(summary: Summary, look: Look, zone: ZoneInfo) -> Answer:
    """Draw a digest."""
    sheet = Sheet(look)
    well = sum(app.phase in WELL for app in summary.apps)
    head = f"{well} of {len(summary.apps)} apps are well"
    since = f"since {moment(summary.since.timestamp(), zone)}"
    sheet.say(f"{head}; {since}: {len(summary.incidents)} incidents, {len(summary.entries)} changes")
    sheet.add(HeaderBlock(PlainText(head)))
    sheet.add(said(sheet, f"{since}: {len(summary.incidents)} incidents, {len(summary.entries)} changes"))
    for incident in summary.incidents[:MOST]:
        mark = "🟢 over: " if not incident.open else "🔴 " if incident.sign.grave else "🟡 "
        sheet.add(said(sheet, sheet.words(f"{mark}{headline(incident)}", limits.CARD_TITLE * 2)))
    for rows, kind, name in (
        ([app for app in summary.apps if app.phase not in WELL], AppState, "apps"),
        (summary.entries[:MOST], Entry, "changes"),
    ):
        for part in listed(list(rows), kind) if rows else ():
            put(part, sheet, name=name)
    return sheet.answer()
