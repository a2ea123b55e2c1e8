"""Many workspaces: a bot for each that has installed the app, made when it is first needed, and one front for all."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from types import TracebackType
from typing import Any, Self

from slack_bolt import App, BoltContext, BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.authorize import Authorize

from cloudkit.cloud import Cloud
from cloudkit.errors import CloudkitError, ConfigError
from cloudkit.model.secret import Secret
from cloudkit.telemetry import Telemetry
from cloudkit_bot.bot import Bot, client_of
from cloudkit_bot.manifest import GONE, scopes
from cloudkit_bot.metrics import Counts
from cloudkit_bot.policy.verdict import Policy
from cloudkit_bot.sending import Unsent
from cloudkit_bot.settings import Settings
from cloudkit_bot.store.store import open_store
from cloudkit_bot.workspaces.installing import Installing
from cloudkit_bot.workspaces.tokens import Tokens

__all__ = ["Workspaces", "check_settings"]

LOGGER = logging.getLogger("cloudkit_bot")
ROUND = 300.0  # seconds after which all tokens are looked at


class Workspaces:
    """The bots of all workspaces that have installed the app.

    Args:
        settings: The app's credentials, and how the bots work.
        cloud: Where the apps run.
        policy: Who may do what; it sees the workspace of who asks.
        telemetry: Where events and metrics go.

    Raises:
        ConfigError: A setting is missing that installations need.
    """

    def __init__(
        self, settings: Settings, cloud: Cloud, *, policy: Policy | None = None, telemetry: Telemetry | None = None
    ) -> None:
        check_settings(settings)
        self.settings, self.cloud, self.policy = settings, cloud, policy
        self.telemetry = telemetry or Telemetry()
        self.client = client_of(settings)
        self.store = open_store(settings.store, cloud.config.journal)
        secret = settings.client_secret.reveal()
        self.tokens = Tokens.of_app(self.store.installations, self.client, settings.client_id, secret)
        self.bots: dict[str, Bot] = {}
        self.counts = Counts(self.telemetry.registry, lambda: sum(bot.pool.busy for bot in self.bots.values()))
        self.closing = False
        self._making: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._over, self._attending = threading.Event(), False
        self.app = self._app()
        self._rounds = threading.Thread(target=self._go_round, name="cloudkit-bot-tokens", daemon=True)

    def _app(self) -> App:
        """Make the app that proves a delivery to be Slack's, finds whose it is, and hands it on."""
        asked = scopes(groups=bool(getattr(self.policy, "groups", ())))
        admission: Any = Admission(self)  # bolt takes it, and says so of functions alone
        app = App(
            logger=LOGGER,
            name="cloudkit-bot-workspaces",
            client=self.client,
            signing_secret=self.settings.signing_secret.reveal() or "none",
            authorize=admission,
            oauth_flow=Installing(self.settings, self.client, self.store, asked),
            request_verification_enabled=not self.settings.sockets,
            ignoring_self_events_enabled=False,  # each bot knows itself
        )
        app.enable_token_revocation_listeners()
        app.middleware(self.hand_on)
        return app

    def hand_on(self, request: BoltRequest, context: BoltContext, body: dict[str, Any], next: Any) -> BoltResponse:  # noqa: A002, ANN401 # bolt's names
        """Give a delivery to the bot of its workspace; that the app is gone is dealt with here."""
        if (body.get("event") or {}).get("type") in GONE:
            gone: BoltResponse = next()
            self.forget(str(context.team_id))
            return gone
        bot = self.bots.get(str(context.team_id))
        if bot is None:  # it has gone since it was let in
            return BoltResponse(status=200, body="")
        content = request.raw_body if request.mode == "http" else request.body
        given: dict[str, Any] = {"body": content, "query": request.query, "headers": request.headers}
        return bot.app.dispatch(BoltRequest(mode=request.mode, **given))

    def bot(self, team: str) -> Bot | None:
        """Return the bot of a workspace with a token that lasts; None where the app is not installed.

        Raises:
            Unsent: Slack does not know the token, or cannot be asked.
        """
        token = self.tokens.token(team)
        if token is None or self.closing:
            self.forget(team)
            return None
        with self._making[team]:
            if team not in self.bots:
                self.bots[team] = self._made(team, token)
            self.bots[team].client.token = token
            return self.bots[team]

    def _made(self, team: str, token: str) -> Bot:
        """Make the bot of a workspace; it takes up what an earlier one has left there."""
        bot = Bot(
            self.settings.of_workspace(team, Secret(token)),
            self.cloud,
            policy=self.policy,
            telemetry=self.telemetry,
            counts=self.counts,
            elsewhere=lambda other: other != team and other in self._teams(),
        )
        if self._attending:
            bot.attend()
        return bot

    def attend(self) -> None:
        """Let each bot hold what is done in its workspace, and take up what another has left."""
        self._attending = True
        for team in self._teams():
            self._look(team)
        self._rounds.start()

    def forget(self, team: str) -> None:
        """Let go of the bot of a workspace that has the app no more."""
        bot = self.bots.pop(team, None)
        if bot is not None:
            LOGGER.info("workspace %s has the app no more", team)
            threading.Thread(target=bot.close, name="cloudkit-bot-leaving", daemon=True).start()

    def _go_round(self) -> None:
        """Renew the tokens that nobody uses for hours; have a bot for who has installed the app at another one."""
        while not self._over.wait(ROUND):
            for team in self._teams():
                self._look(team)

    def _look(self, team: str) -> None:
        try:
            self.bot(team)
        except (CloudkitError, Unsent) as error:
            LOGGER.warning("workspace %s cannot be served now: %s", team, error)

    def _teams(self) -> tuple[str, ...]:
        try:
            return self.store.installations.teams()
        except CloudkitError as error:
            LOGGER.warning("%s", error)
            return ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take no more, and let what goes on come to its end within the grace that the settings give."""
        self.closing = True
        self._over.set()
        closing = [threading.Thread(target=bot.close) for bot in self.bots.values()]
        for one in closing:
            one.start()
        for one in closing:
            one.join()
        if self._attending:
            self._rounds.join()
        self.store.close()


class Admission(Authorize):
    """Lets a delivery in where its workspace has the app.

    Args:
        workspaces: Those that have.
    """

    def __init__(self, workspaces: Workspaces) -> None:
        self.workspaces = workspaces

    def __call__(self, *, team_id: str | None, **_more: Any) -> AuthorizeResult | None:  # noqa: ANN401 # bolt's
        """Say as whom the bot acts in a workspace; None lets nothing in."""
        try:
            bot = self.workspaces.bot(team_id or "")
        except Unsent as unsent:
            LOGGER.warning("workspace %s cannot be served now: %s", team_id, unsent.word)
            return None
        if bot is None:
            return None
        identity: Any = bot.identity
        return AuthorizeResult.from_auth_test_response(bot_token=bot.client.token, auth_test_response=identity)


def check_settings(settings: Settings) -> None:
    """Refuse settings with which no workspace could install the app, or any could.

    Raises:
        ConfigError: What is missing.
    """
    wanted = {"client_secret": settings.client_secret.reveal(), "url": settings.url, "workspaces": settings.workspaces}
    if not settings.sockets:
        wanted["signing_secret"] = settings.signing_secret.reveal()
    missing = [name for name, value in wanted.items() if not value]
    if missing:
        message = f"workspaces install the app by the setting client_id, which needs {', '.join(missing)}, too"
        raise ConfigError(message, hint="the settings workspaces names those that may: T0123,T0456, or * for any")
    single = [name for name in ("alerts_channel", "digest", "digest_channel") if getattr(settings, name)]
    if single:
        message = (
            f"incidents and summaries are told by the bot of one workspace, so these say nothing: {', '.join(single)}"
        )
        raise ConfigError(message, hint="unset them, or run another bot with the bot token of that workspace")
    if settings.stray:
        message = f"a channel is of one workspace, and there are many: {', '.join(settings.stray)}"
        raise ConfigError(message, hint="write it as T0123:C0456, several with a comma between them")
