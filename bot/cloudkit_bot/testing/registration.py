"""An app as Slack knows it: its credentials, and the tokens that workspaces have given to it.

Source: docs.slack.dev/authentication/installing-with-oauth, docs.slack.dev/authentication/using-token-rotation
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloudkit_bot.testing.clock import Clock
from cloudkit_bot.testing.refusal import Refusal

if TYPE_CHECKING:
    from cloudkit_bot.testing.workspace import Workspace

__all__ = ["Issued", "Registration"]

CODE_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a workspace has agreed to."""

    slack: Workspace
    user: str
    scopes: tuple[str, ...]
    redirect: str
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A token: whose it is, and when it expires; never where None."""

    slack: Workspace
    until: float | None = None


class Registration:
    """One app.

    Args:
        clock: The time.
        lasting: Seconds that a token is good for, where the app rotates its tokens; None for tokens that last.
    """

    def __init__(self, clock: Clock, lasting: int | None = None) -> None:
        self.clock = clock
        self.lasting = lasting
        self.client_id = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}"
        self.client_secret, self.signing_secret = secrets.token_hex(16), secrets.token_hex(16)
        self.app_token = f"xapp-1-{secrets.token_hex(16)}"
        self.config_token = f"xoxe.xoxp-1-{secrets.token_hex(16)}"
        self.manifest: dict[str, Any] | None = None
        self.redirect_urls: list[str] = []
        self.workspaces: list[Workspace] = []
        self.tokens: dict[str, Issued] = {}
        self._codes: dict[str, Grant] = {}
        self._refreshing: dict[str, Workspace] = {}

    def holder(self, token: str) -> Workspace:
        """Return the workspace that a bot token is good for.

        Raises:
            Refusal: It is none, or is too old.
        """
        issued = self.tokens.get(token)
        if issued is None:
            raise Refusal("invalid_auth" if token else "not_authed")
        if issued.until is not None and self.clock() >= issued.until:
            raise Refusal("token_expired")
        return issued.slack

    def agree(self, user: str, asked: dict[str, Any]) -> str:
        """Let a user agree to what the app asks for, and return where the browser goes then.

        Raises:
            Refusal: Slack's page would say that the app asks wrongly.
        """
        if asked.get("client_id") != self.client_id:
            raise Refusal("invalid_client_id", status=400)
        redirect, scopes = asked.get("redirect_uri", ""), tuple(filter(None, asked.get("scope", "").split(",")))
        if redirect not in self.redirect_urls:
            raise Refusal("bad_redirect_uri", status=400)
        slack = next((one for one in self.workspaces if user in one.users), None)
        if slack is None or not scopes:
            raise Refusal("invalid_scope_requested" if slack else "not_signed_in", status=400)
        code = secrets.token_hex(16)
        self._codes[code] = Grant(
            slack=slack, user=user, scopes=scopes, redirect=redirect, until=self.clock() + CODE_SECONDS
        )
        return f"{redirect}?code={code}&state={asked.get('state', '')}"

    def access(self, authorization: str, given: dict[str, Any]) -> dict[str, Any]:
        """Exchange a code, or a refresh token, each of them once: ``oauth.v2.access``.

        Raises:
            Refusal: It is not good, or who asks is not the app.
        """
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        if name != self.client_id or secret != self.client_secret:
            raise Refusal("bad_client_secret" if name == self.client_id else "invalid_client_id")
        if given.get("grant_type") == "refresh_token":
            slack = self._refreshing.pop(str(given.get("refresh_token")), None)
            if slack is None:
                raise Refusal("invalid_refresh_token")
            return self.issue(slack) | {"token_type": "bot", "team": {"id": slack.team, "name": "example"}}
        return self._installed(self._codes.pop(str(given.get("code")), None), given)

    def _installed(self, grant: Grant | None, given: dict[str, Any]) -> dict[str, Any]:
        if grant is None or self.clock() >= grant.until:
            raise Refusal("invalid_code")
        if given.get("redirect_uri") != grant.redirect:
            raise Refusal("bad_redirect_uri")
        slack = grant.slack
        slack.scopes = frozenset(grant.scopes)
        return self.issue(slack) | {
            "token_type": "bot", "scope": ",".join(grant.scopes), "bot_user_id": slack.bot.id, "app_id": "A1",
            "team": {"id": slack.team, "name": "example"}, "enterprise": None, "authed_user": {"id": grant.user},
        }  # fmt: skip

    def issue(self, slack: Workspace) -> dict[str, Any]:
        """Give the app a new token for a workspace."""
        if self.lasting is None:
            slack.bot_token = f"xoxb-{secrets.token_hex(16)}"
            self.tokens[slack.bot_token] = Issued(slack=slack)
            return {"access_token": slack.bot_token}
        slack.bot_token, refresh = f"xoxe.xoxb-1-{secrets.token_hex(16)}", f"xoxe-1-{secrets.token_hex(16)}"
        self.tokens[slack.bot_token] = Issued(slack=slack, until=self.clock() + self.lasting)
        self._refreshing[refresh] = slack
        return {"access_token": slack.bot_token, "refresh_token": refresh, "expires_in": self.lasting}

    def revoke(self, slack: Workspace) -> None:
        """Take the tokens of a workspace away, as when somebody uninstalls the app."""
        self.tokens = {token: issued for token, issued in self.tokens.items() if issued.slack is not slack}
        self._refreshing = {token: one for token, one in self._refreshing.items() if one is not slack}
