"""The bot: Slack on one side, a cloud on the other."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from hashlib import sha256
from types import TracebackType
from typing import Any, Self

from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import (
    ConnectionErrorRetryHandler,
    RateLimitErrorRetryHandler,
    ServerErrorRetryHandler,
)

from cloudkit.backends.readonly import read_only
from cloudkit.cloud import Cloud
from cloudkit.errors import ConfigError
from cloudkit.telemetry import Telemetry
from cloudkit_bot.alerts.alarm import Alarm
from cloudkit_bot.approve.approvals import Approvals
from cloudkit_bot.approve.seal import Seal
from cloudkit_bot.audit import Audit
from cloudkit_bot.blocks.sheet import Look
from cloudkit_bot.blocks.text import Redaction
from cloudkit_bot.desk import Desk
from cloudkit_bot.forms.offers import Offers
from cloudkit_bot.home.digest import Digest
from cloudkit_bot.home.tab import Home
from cloudkit_bot.listeners import listen
from cloudkit_bot.metrics import Counts
from cloudkit_bot.once import Once
from cloudkit_bot.people import People
from cloudkit_bot.policy.verdict import MembersLook, Policy
from cloudkit_bot.sending import Sender, called
from cloudkit_bot.settings import Settings
from cloudkit_bot.store.store import open_store
from cloudkit_bot.words.grammar import chat_catalogue, chat_grammar
from cloudkit_bot.work.leases import Leases
from cloudkit_bot.work.pool import Pool
from cloudkit_bot.work.rounds import Rounds

__all__ = ["Bot", "client_of"]

LOGGER = logging.getLogger("cloudkit_bot")
RETRIES = 5  # of a call that is rate-limited
EXPIRY = 1.0  # seconds between two looks for approvals that nobody has given in time
MENUS = 4  # lists of names that are asked for at once


class Bot:
    """A bot of one workspace.

    Args:
        settings: Tokens, and how it works.
        cloud: Where the apps run.
        policy: Who may do what; where None, members may look and nobody may change anything.
        telemetry: Where events and metrics go.
        counts: What counts the deliveries, where several bots count together.
        elsewhere: Tells whether a workspace has a bot of its own, over the same store.

    Raises:
        ConfigError: Nothing would prove a request to be Slack's.
        Unsent: Slack does not know the token.
    """

    def __init__(
        self,
        settings: Settings,
        cloud: Cloud,
        *,
        policy: Policy | None = None,
        telemetry: Telemetry | None = None,
        counts: Counts | None = None,
        elsewhere: Callable[[str], bool] = lambda _team: False,
    ) -> None:
        check_proof(settings)
        self.settings = settings
        self.client = client_of(settings)
        self.identity: Mapping[str, Any] = called(self.client.auth_test).data
        self.telemetry = telemetry or Telemetry()
        self.pool, self.menus = Pool(settings.workers), Pool(MENUS)
        self.counts = counts or Counts(self.telemetry.registry, lambda: self.pool.busy)
        self.store = open_store(settings.store, cloud.config.journal)
        catalogue = chat_catalogue()
        look = Look(classic=settings.classic, program=settings.command, redact=Redaction(settings.secrets))
        policy = policy or MembersLook()
        sender = Sender(self.client, look)
        self.desk = Desk(
            catalogue=catalogue,
            grammar=chat_grammar(catalogue, settings.command),
            backend=read_only(cloud.backend) if settings.dry_run else cloud.backend,
            journal=cloud.config.journal,
            sender=sender,
            policy=policy,
            people=self._people(policy),
            pool=self.pool,
            telemetry=self.telemetry,
            audit=Audit(cloud=lambda: self.desk.cloud(), sender=sender, channel=settings.audit),  # noqa: PLW0108 # the desk is made after it
            leases=Leases(self.store.works, realm_of(cloud, self.identity), tidy=self.store.deliveries.forget),
            dry_run=settings.dry_run,
        )
        self.seal = Seal(settings.shared_secret)
        requests = self.store.requests
        self.approvals = Approvals(
            requests=requests, desk=self.desk, seal=self.seal, expires=settings.expires, elsewhere=elsewhere
        )
        self.desk.approvals = self.approvals
        self.expiry = Rounds("expiry", self.approvals.expire, EXPIRY, longest=EXPIRY)
        self.expiry.start()
        self.alarm = Alarm(settings, self.desk, self.store)
        self.home = Home(desk=self.desk, store=self.store, zone=self.alarm.zone)
        self.digest = Digest(settings, self.desk, self.store, self.alarm.zone)
        self.offers = Offers(catalogue, self.desk.cloud, self.menus.executor)
        self.once = Once()
        self.app = self._app()

    def _people(self, policy: Policy) -> People:
        """Make what looks people up; which groups they are asked about is the policy's, as it is at that time."""
        enterprise = self.identity.get("enterprise_id") or ""
        groups = lambda: getattr(policy, "groups", ())  # noqa: E731 # asked each time
        return People(self.client, self.identity["team_id"], groups, enterprise=enterprise)

    def _app(self) -> App:
        """Make bolt's app; it never reads the environment for what the settings say."""
        app = App(
            logger=LOGGER,
            name="cloudkit-bot",
            client=self.client,
            signing_secret=self.settings.signing_secret.reveal() or secrets.token_hex(32),
            token_verification_enabled=True,
            request_verification_enabled=not self.settings.sockets,
            process_before_response=True,  # a listener acknowledges at once; bolt looks for that every 10 ms otherwise
        )
        listen(app, self)
        return app

    @property
    def closing(self) -> bool:
        """True once it takes no more."""
        return self.pool.closing

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def attend(self) -> None:
        """Hold what is done here, and take up what another bot over the same store has left."""
        doing = self.desk.doing
        self.desk.leases.start(doing.halted, lambda work: self.pool.submit(lambda: doing.take_up(work)))

    def close(self) -> None:
        """Take no more, and let what goes on come to its end within the grace that the settings give.

        What has not ended by then is left to the next bot over the same store; where nobody else can have the store,
        it is stopped.
        """
        self.desk.leases.taking = False
        self.alarm.stop()
        self.digest.stop()
        self.pool.close(self.settings.grace, self.desk.doing.hand_over if self.store.lasting else None)
        self.menus.close(0.1)
        self.expiry.stop()
        self.desk.leases.stop()
        self.store.close()


def realm_of(cloud: Cloud, identity: Mapping[str, Any]) -> str:
    """Return what bots have in common that may take up each other's work: a workspace, a bot, and where they act."""
    backend = cloud.backend
    parts = (identity["team_id"], identity.get("user_id", ""), backend.name, backend.endpoint, backend.namespace)
    return sha256("\n".join(parts).encode()).hexdigest()[:16]


def check_proof(settings: Settings) -> None:
    """Refuse settings by which nothing would prove a request to be Slack's."""
    if not settings.sockets and not settings.signing_secret.reveal():
        message = "requests by HTTP are proved by a secret, and there is none"
        raise ConfigError(message, hint="set SLACK_SIGNING_SECRET, or SLACK_APP_TOKEN for Socket Mode")


def client_of(settings: Settings) -> WebClient:
    """Return Slack's Web API, which waits and tries again where it is told to."""
    client = WebClient(settings.bot_token.reveal(), base_url=settings.base_url, timeout=15, logger=LOGGER)
    client.retry_handlers = [
        ConnectionErrorRetryHandler(max_retry_count=2),
        RateLimitErrorRetryHandler(max_retry_count=RETRIES),
        ServerErrorRetryHandler(max_retry_count=2),
    ]
    return client
