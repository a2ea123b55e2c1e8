"""The bot token of each workspace, renewed before it expires.

A refresh token is good for one use. Where several bots share a store and renew at once, Slack takes it from one of
them, and the others find what that one has kept.

Source: docs.slack.dev/authentication/using-token-rotation
"""

from __future__ import annotations

import logging
import time
from http.client import HTTPException
from threading import Lock

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.token_rotation import TokenRotator

from cloudkit_bot.store.installations import Installations

__all__ = ["Tokens"]

LOGGER = logging.getLogger("cloudkit_bot")
BEFORE = 120  # minutes before a token expires at which it is renewed; it is good for twelve hours
LOOKS, PAUSE = 10, 0.1  # how often, and seconds between, it is looked whether another bot has renewed a token


class Tokens:
    """Bot tokens by workspace.

    Args:
        installations: Where they are kept.
        rotator: Renews them.
    """

    def __init__(self, installations: Installations, rotator: TokenRotator) -> None:
        self.installations = installations
        self.rotator = rotator
        self._turn = Lock()

    @classmethod
    def of_app(cls, installations: Installations, client: WebClient, client_id: str, client_secret: str) -> Tokens:
        """Return the tokens of an app with its credentials."""
        return cls(installations, TokenRotator(client_id=client_id, client_secret=client_secret, client=client))

    def token(self, team: str) -> str | None:
        """Return the token of a workspace; None where the app is not installed there."""
        found = self.installations.find_installation(team_id=team)
        if found is None or not due(found):
            return found.bot_token if found else None
        with self._turn:
            found = self.installations.find_installation(team_id=team)  # another thread may have renewed it meanwhile
            return self._renewed(found) if found else None

    def _renewed(self, found: Installation) -> str | None:
        """Return a new token where it is time, else the one that is there."""
        try:
            renewed = self.rotator.perform_token_rotation(installation=found, minutes_before_expiration=BEFORE)
        except (SlackClientError, OSError, HTTPException) as error:
            return self._by_another(found, error)
        if renewed is None:
            return found.bot_token
        self.installations.renew(renewed)
        return renewed.bot_token

    def _by_another(self, found: Installation, error: Exception) -> str | None:
        """Return the token that another bot has got meanwhile; where there is none, the old one, while it lasts."""
        for _ in range(LOOKS):
            now = self.installations.find_installation(team_id=found.team_id)
            if now is None or now.bot_token != found.bot_token:
                return now.bot_token if now else None
            time.sleep(PAUSE)
        LOGGER.warning("the token of workspace %s could not be renewed: %s", found.team_id, type(error).__name__)
        return found.bot_token


def due(found: Installation) -> bool:
    """Tell whether a token expires soon; one that was installed without rotation never does."""
    expires = found.bot_token_expires_at
    return expires is not None and expires <= time.time() + BEFORE * 60
