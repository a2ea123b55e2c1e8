"""Who somebody is, as Slack tells it: never as they call themselves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from slack_sdk import WebClient

from cloudkit_bot.ask import Ask
from cloudkit_bot.policy.verdict import Asker
from cloudkit_bot.sending import Unsent, called

__all__ = ["People"]

FRESH = 300.0  # seconds that what is known of somebody is good for


class People:
    """Looks people up.

    Args:
        client: Slack's Web API.
        team: The bot's own workspace.
        groups: Tells the user groups that the policy names now.
        enterprise: The organisation of the workspace; empty for none.
        clock: Seconds.
    """

    def __init__(
        self,
        client: WebClient,
        team: str,
        groups: Callable[[], Iterable[str]] = tuple,
        *,
        enterprise: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.client = client
        self.team = team
        self.groups = groups
        self.enterprise = enterprise
        self.clock = clock
        self._known: dict[str, tuple[Asker, float, tuple[str, ...]]] = {}

    def asker(self, ask: Ask, *, fresh: bool = False) -> Asker:
        """Return who asks.

        Args:
            ask: What they ask.
            fresh: True asks Slack again, for what rests on it.

        Raises:
            Unsent: Slack does not tell.
        """
        if ask.team != self.team or ask.enterprise not in ("", self.enterprise):
            return Asker(id=ask.user, team=ask.team if ask.team != self.team else "", stranger=True)
        groups = tuple(self.groups())
        known = self._known.get(ask.user)
        if known is None or fresh or self.clock() - known[1] > FRESH or known[2] != groups:
            known = self._known[ask.user] = (self._look(ask.user, groups), self.clock(), groups)
        return known[0]

    def _look(self, user: str, groups: tuple[str, ...]) -> Asker:
        told = called(self.client.users_info, user=user)["user"]
        if told.get("deleted"):
            raise Unsent("account_inactive")
        guest = bool(told.get("is_restricted") or told.get("is_ultra_restricted"))
        team = str(told.get("team_id") or "")
        other = team not in ("", self.team) or bool(told.get("is_stranger"))
        return Asker(
            id=user,
            team=("" if team == self.team else team) if other else self.team,
            guest=guest,
            stranger=other,
            bot=bool(told.get("is_bot")),
            groups=frozenset(group for group in groups if user in self._members(group)),
        )

    def _members(self, group: str) -> list[str]:
        found: list[str] = called(self.client.usergroups_users_list, usergroup=group)["users"]
        return found
