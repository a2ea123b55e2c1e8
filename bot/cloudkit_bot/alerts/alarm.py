"""All that has to do with incidents, made of the settings and set to work."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from zoneinfo import ZoneInfo

from slackblocks import Element

from cloudkit.errors import ConfigError
from cloudkit_bot.alerts.door import Door
from cloudkit_bot.alerts.pen import Pen
from cloudkit_bot.alerts.quiet import Quiet, zone
from cloudkit_bot.alerts.responses import Responses
from cloudkit_bot.alerts.watch import Watch
from cloudkit_bot.blocks.buttons import app_buttons
from cloudkit_bot.desk import Desk
from cloudkit_bot.settings import Settings
from cloudkit_bot.store.store import Store
from cloudkit_bot.work.rounds import Rounds

__all__ = ["Alarm"]

KEPT = 30 * 86_400.0  # seconds that what is over is kept
SWEPT = 3_600.0  # seconds between two looks for what is to be forgotten
DRAWING = 1.0  # seconds between two looks for cards that are not as they should be


class Alarm:
    """Watches the apps, takes alerts, keeps the cards true.

    Args:
        settings: Where the cards go, and how.
        desk: Has the backend, the policy and the sender.
        store: Keeps incidents.

    Raises:
        ConfigError: A setting is not what it should be.
    """

    def __init__(self, settings: Settings, desk: Desk, store: Store) -> None:
        secret = settings.alerts_token.reveal()
        if secret and not settings.alerts_channel:
            raise ConfigError("alerts are taken, and no channel is named", hint="set CLOUDKIT_BOT_ALERTS_CHANNEL")
        self.zone: ZoneInfo = zone(settings.timezone)
        quiet = Quiet.read(settings.quiet, self.zone)
        self.watch = Watch(cloud=desk.cloud, incidents=store.incidents, calm=settings.alerts_calm)
        self.pen = Pen(
            incidents=store.incidents,
            sender=desk.sender,
            channel=settings.alerts_channel,
            elements=partial(elements, desk),
            quiet=quiet,
            most=settings.alerts_most,
            zone=self.zone,
        )
        self._drawing = Rounds("cards", self.pen.turn, min(DRAWING, settings.alerts_pause))
        self._looking = Rounds("watch", self.look, settings.alerts_pause)
        self.responses = Responses(desk=desk, incidents=store.incidents, wake=self._drawing.wake)
        self.door = Door(
            user=settings.alerts_user,
            secret=secret,
            incidents=store.incidents,
            apps=lambda: {app.name for app in desk.backend.apps()},
            fill=self.watch.filled,
            wake=self._drawing.wake,
        )
        self._incidents, self._swept = store.incidents, 0.0
        self.on = bool(settings.alerts_channel)
        self.takes = bool(secret)

    def look(self) -> None:
        """Look at the apps, and have the cards drawn."""
        self.watch.look()
        self._drawing.wake()
        now = self._incidents.clock()
        if now - self._swept > SWEPT:
            self._swept = now
            self._incidents.forget(now - KEPT)

    def start(self) -> None:
        """Begin, where there is a channel."""
        if self.on:
            self._looking.start()
            self._drawing.start()

    def stop(self) -> None:
        """Look no more."""
        self._looking.stop()
        self._drawing.stop()


def elements(desk: Desk, app: str) -> Sequence[Element]:
    """Return what can be done with an app now, as its own card has it."""
    return app_buttons(desk.backend.get(app), desk.catalogue, desk.backend)
