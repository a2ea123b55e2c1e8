"""How a workspace installs the app: a page that leads to Slack, and what comes back from there.

Source: docs.slack.dev/authentication/installing-with-oauth
"""

from __future__ import annotations

import html
import logging
from collections.abc import Sequence
from contextlib import suppress

from slack_bolt import BoltRequest, BoltResponse
from slack_bolt.error import BoltError
from slack_bolt.oauth import OAuthFlow
from slack_bolt.oauth.callback_options import CallbackOptions, FailureArgs
from slack_bolt.oauth.oauth_settings import OAuthSettings
from slack_sdk import WebClient
from slack_sdk.oauth.installation_store import Installation

from cloudkit_bot.manifest import REDIRECT
from cloudkit_bot.sending import Unsent, called
from cloudkit_bot.settings import Settings
from cloudkit_bot.store.store import Store

__all__ = ["INSTALL", "REDIRECT", "Installing"]

INSTALL = "/slack/install"
ANY = "*"
HTML: dict[str, str | Sequence[str]] = {"Content-Type": "text/html; charset=utf-8"}
LOGGER = logging.getLogger("cloudkit_bot")


class NotNamedError(BoltError):
    """A workspace that no setting names."""


class Installing(OAuthFlow):
    """bolt's own flow, which lets in the workspaces that are named and no others.

    Args:
        settings: The bot's.
        client: Slack's Web API.
        store: Where installations are kept.
        scopes: What is asked for.
    """

    def __init__(self, settings: Settings, client: WebClient, store: Store, scopes: Sequence[str]) -> None:
        self.named = settings.named_workspaces
        super().__init__(client=client, logger=LOGGER, settings=self._flow(settings, store, scopes))

    def _flow(self, settings: Settings, store: Store, scopes: Sequence[str]) -> OAuthSettings:
        return OAuthSettings(
            client_id=settings.client_id,
            client_secret=settings.client_secret.reveal(),
            scopes=list(scopes),
            user_scopes=[],
            redirect_uri=f"{settings.url.rstrip('/')}{REDIRECT}",
            install_path=INSTALL,
            redirect_uri_path=REDIRECT,
            authorization_url=f"{settings.base_url.removesuffix('api/')}oauth/v2/authorize",
            installation_store=store.installations,
            state_store=store.states,
            callback_options=CallbackOptions(success=lambda given: given.default.success(given), failure=failed),
            logger=LOGGER,
        )

    def store_installation(self, request: BoltRequest, installation: Installation) -> None:
        """Keep the installation of a workspace that is named; give the token of any other back.

        Raises:
            NotNamedError: It is not named, or is a whole organisation.
        """
        team = installation.team_id
        if not team or installation.is_enterprise_install or not {team, ANY} & self.named:
            with suppress(Unsent):
                called(self.client.auth_revoke, token=installation.bot_token)
            LOGGER.warning("workspace %s was refused: no setting names it", team)
            raise NotNamedError(f"this bot serves the workspaces that its settings name; {team or 'none'} is not one")
        super().store_installation(request, installation)
        LOGGER.info("workspace %s has installed the app", team)


def failed(given: FailureArgs) -> BoltResponse:
    """Say why a workspace was refused; what else went wrong is told as bolt tells it."""
    if isinstance(given.error, NotNamedError):
        return BoltResponse(status=403, body=f"<p>{html.escape(str(given.error))}</p>", headers=HTML)
    return given.default.failure(given)
