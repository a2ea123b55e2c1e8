"""What people do about incidents: take them on, silence them. The policy is asked as for any verb."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from cloudkit.errors import AccessError, CloudkitError, NotFoundError, UsageError
from cloudkit_bot.alerts.card import SILENCES, headline
from cloudkit_bot.alerts.incident import Incident
from cloudkit_bot.ask import Ask
from cloudkit_bot.blocks.results import Shown
from cloudkit_bot.desk import Desk
from cloudkit_bot.policy.verdict import Wanted
from cloudkit_bot.policy.vocabulary import ACKNOWLEDGE, OWN, SILENCE
from cloudkit_bot.store.incidents import Incidents

__all__ = ["Responses"]


@dataclass
class Responses:
    """Does what the buttons of a card say.

    Args:
        desk: Asks the policy, and answers.
        incidents: Keeps incidents.
        wake: Has the cards drawn.
        clock: Seconds since the epoch.
    """

    desk: Desk
    incidents: Incidents
    wake: Callable[[], None]
    clock: Callable[[], float] = time.time

    def take(self, ask: Ask, value: str) -> None:
        """Let somebody take an incident on."""
        self._change(ask, value, ACKNOWLEDGE, lambda one: replace(one, taken=one.taken or ask.user))

    def silence(self, ask: Ask, value: str) -> None:
        """Let nothing be told of an incident, or of one like it, for some time."""
        name, _, seconds = value.partition(" ")
        if seconds not in map(str, SILENCES.values()):
            self.desk.whisper(ask, Shown(UsageError("this menu says nothing that can be done")))
            return
        until = self.clock() + int(seconds) if int(seconds) else 0.0
        self._change(ask, name, SILENCE, lambda one: replace(one, silencer=ask.user if until else "", silent=until))

    def _change(self, ask: Ask, name: str, action: str, to: Callable[[Incident], Incident]) -> None:
        app = ""
        try:
            kept = self.incidents.find(name)
            if kept is None:
                raise NotFoundError("there is no such incident any more")
            app = kept.incident.sign.app
            self._permit(ask, action, app)
            self.incidents.change(name, to, urgent=True)
        except CloudkitError as error:
            self.desk.audit.note(ask, action, app, error=error)
            self.desk.whisper(ask, Shown(error))
            return
        self.desk.audit.note(ask, action, app)
        self.desk.audit.tell(ask, f"{action}: {headline(kept.incident)}")
        self.wake()

    def _permit(self, ask: Ask, action: str, app: str) -> None:
        """Ask the policy.

        Raises:
            AccessError: It says no, or it cannot be said who asks.
        """
        backend = self.desk.backend
        wanted = Wanted(
            verb=action,
            role=OWN[action].value,
            changes=True,
            app=app,
            backend=backend.name,
            namespace=backend.namespace,
            channel=ask.channel,
            direct=ask.direct,
        )
        verdict = self.desk.policy.decide(self.desk.asker(ask), wanted)
        if not verdict.allowed:
            about = f" {app}" if app else ""
            raise AccessError(f"you may not {action}{about}: {verdict.reason}", evidence=verdict.by)
