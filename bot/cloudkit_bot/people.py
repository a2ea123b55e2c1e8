"""Who somebody is, as Slack tells it: never as they call themselves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from slack_sdk import WebClient

from cloudkit_bot.ask import Ask
from cloudkit_bot.policy.verdict import Asker
from cloudkit_bot.sending import called

__all__ = ["People"]

FRESH = 300.0  # seconds that what is known of somebody is good for


class People:
    """Looks people up.

    Args:
        client: Slack's Web API.
        team: The bot's own workspace.
        groups: The user groups that a policy names.
        clock: Seconds.
    """

    def __init__(
        self,
        client: WebClient,
        team: str,
        groups: Iterable[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.client = client
        self.team = team
        self.groups = tuple(groups)
        self.clock = clock
        self._known: dict[str, tuple[Asker, float]] = {}

    def asker(self, ask: Ask, *, fresh: bool = False) -> Asker:
        """Return who asks.

        Args:
            ask: What they ask.
            fresh: True asks Slack again, for what rests on it.

        Raises:
            Unsent: Slack does not tell.
        """
        if ask.team != self.team:
            return Asker(id=ask.user, team=ask.team, stranger=True)
        known = self._known.get(ask.user)
        if known is None or fresh or self.clock() - known[1] > FRESH:
            known = self._known[ask.user] = (self._look(ask.user), self.clock())
        return known[0]

    def _look(self, user: str) -> Asker:
        told = called(self.client.users_info, user=user)["user"]
        guest = bool(told.get("is_restricted") or told.get("is_ultra_restricted"))
        other = told.get("team_id") not in (None, self.team) or bool(told.get("is_stranger"))
        gone = bool(told.get("deleted"))
        groups = frozenset(group for group in self.groups if user in self._members(group))
        return Asker(
            id=user, team=str(told.get("team_id") or self.team), guest=guest or gone, stranger=other, groups=groups
        )

    def _members(self, group: str) -> list[str]:
        found: list[str] = called(self.client.usergroups_users_list, usergroup=group)["users"]
        return found
