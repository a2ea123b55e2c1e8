"""Keeps the cards true: posts them, not too many at once and not at night, and edits them as incidents change."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from slackblocks import Element

from cloudkit.errors import CloudkitError
from cloudkit_bot.alerts.card import card, headline
from cloudkit_bot.alerts.incident import Incident, Sign, over
from cloudkit_bot.alerts.quiet import Quiet
from cloudkit_bot.alerts.watch import sighted
from cloudkit_bot.sending import GONE, Place, Sender, Unsent
from cloudkit_bot.store.incidents import Incidents, Kept

__all__ = ["MORE", "Pen"]

LOGGER = logging.getLogger("cloudkit_bot")
MORE = "more"  # the key of what tells of incidents that have no card of their own
WITHIN = 600.0  # seconds within which there are only so many new cards
PAUSE = 15.0
NAMED = 20  # incidents that are named where there are too many


@dataclass
class Pen:
    """Draws the cards of incidents.

    Args:
        incidents: Keeps them.
        sender: Sends messages.
        channel: Where the cards are.
        elements: Says what can be done with an app now.
        quiet: Hours in which only what is grave is posted.
        most: New cards within ten minutes; all others are told in one.
        zone: Whose time of day is shown.
        pause: Seconds between two edits of a card that are not urgent.
        clock: Seconds since the epoch.
    """

    incidents: Incidents
    sender: Sender
    channel: str
    elements: Callable[[str], Sequence[Element]]
    quiet: Quiet
    most: int
    zone: ZoneInfo
    pause: float = PAUSE
    clock: Callable[[], float] = time.time
    _held: list[Incident] = field(default_factory=list)

    def turn(self) -> None:
        """Draw what is due."""
        self._held = []
        for kept in self.incidents.due():
            if kept.message or self._now(kept):
                self._draw(kept)
        self._tell_more()

    def _now(self, kept: Kept) -> bool:
        """Say whether a card is to be posted now; what is over before that needs none."""
        incident, now = kept.incident, self.clock()
        if not incident.open:
            self.incidents.skip(kept)
            return False
        waits = max(incident.silent, 0.0 if incident.sign.grave else self.quiet.until(now))
        if waits > now:
            return False
        if incident.sign.key == MORE or self.incidents.posted(now - WITHIN) < self.most:
            return True
        self._held.append(incident)
        return False

    def _draw(self, kept: Kept) -> None:
        """Post or edit a card, where no other bot is at it."""
        if not self.incidents.claim(kept):
            return
        incident = kept.incident
        elements = self._elements(incident)
        place = Place(channel=kept.channel or self.channel, ts=kept.message)
        try:
            if kept.message:
                self._edit(incident, elements, place)
            else:
                place = self.sender.put(
                    self.channel, lambda look: card(incident, elements, look, zone=self.zone, first=True)
                )
            self.incidents.show(kept, place.channel, place.ts, self.pause)
        except Unsent as unsent:
            LOGGER.warning("the card of an incident could not be sent: %s", unsent.word)
            self.incidents.wait(kept, self.clock() + self.pause)

    def _edit(self, incident: Incident, elements: Sequence[Element], place: Place) -> None:
        try:
            self.sender.edit(place, lambda look: card(incident, elements, look, zone=self.zone, first=False))
        except Unsent as unsent:
            if unsent.word not in GONE:
                raise

    def _elements(self, incident: Incident) -> Sequence[Element]:
        """Return what can be done with the app of an open incident."""
        if not (incident.open and incident.sign.app):
            return ()
        try:
            return self.elements(incident.sign.app)
        except CloudkitError:
            return ()

    def _tell_more(self) -> None:
        """Tell of the incidents for which there are too many cards already, in one."""
        now = self.clock()
        last = self.incidents.last(MORE)
        if self._held:
            names = [headline(one)[:120] for one in self._held[:NAMED]]
            count = len(self._held)
            sign = Sign(
                key=MORE,
                kind="more incidents",
                summary=f"{count} have no card of their own yet, as there were {self.most} within ten minutes",
                grave=any(one.sign.grave for one in self._held),
                evidence=tuple(names),
            )
            sighted(self.incidents, sign, now, lambda one: one)
        elif last is not None and last.incident.open:
            self.incidents.change(last.incident.name, lambda one: over(one, now), urgent=True)
