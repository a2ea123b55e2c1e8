"""A running bot, the Slack that it meets, and people who use it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from prometheus_client import CollectorRegistry

from cloudkit import Cloud, Telemetry
from cloudkit.model.secret import Secret
from cloudkit.testing import cloud
from cloudkit_bot.bot import Bot
from cloudkit_bot.policy.verdict import Asker, Policy, Verdict, Wanted
from cloudkit_bot.serving import Service
from cloudkit_bot.settings import Settings
from cloudkit_bot.testing import Channel, Person, Workspace


@dataclass
class Everybody:
    """Lets all members do all."""

    def decide(self, asker: Asker, wanted: Wanted) -> Verdict:  # noqa: ARG002 # whatever it is
        """Say whether somebody may do something."""
        return Verdict(allowed=asker.member, reason="" if asker.member else "members only")


@dataclass
class Scene:
    """A workspace with a bot, over a cloud."""

    slack: Workspace
    cloud: Cloud
    service: Service
    ops: Channel

    def person(self, name: str = "alice", channel: Channel | None = None, **kind: bool) -> Person:
        """Return somebody who uses the bot, in #ops where no channel is named."""
        user = self.slack.user(name, **kind)
        return Person(slack=self.slack, user=user, channel=channel or self.ops, url=self.url)

    @property
    def url(self) -> str:
        """Where the bot listens; empty for Socket Mode."""
        return "" if self.service.bot.settings.sockets else self.service.url


def settings_of(slack: Workspace, **more: object) -> Settings:
    """Return the settings of a bot for a workspace."""
    given = {"port": 0, "grace": 5.0, "store": "memory"} | more
    return Settings(
        bot_token=Secret(slack.bot_token),
        signing_secret=Secret(slack.signing_secret),
        base_url=slack.base_url,
        **given,  # type: ignore[arg-type]  # what a test asks for
    )


@pytest.fixture
def slack() -> Iterator[Workspace]:
    """A workspace that knows every block."""
    with Workspace() as workspace:
        yield workspace


@pytest.fixture
def memory() -> Cloud:
    """A cloud in memory with an app of two replicas, that is published."""
    made = cloud()
    made.deploy("web", "web:1", port=3000, publish=8080, replicas=2)
    return made


@pytest.fixture
def policy() -> Policy:
    """Who may do what in these tests."""
    return Everybody()


@pytest.fixture(params=["http"])
def transport(request: pytest.FixtureRequest) -> str:
    """How Slack reaches the bot."""
    return str(request.param)


@pytest.fixture
def scene(slack: Workspace, memory: Cloud, policy: Policy, transport: str) -> Iterator[Scene]:
    """A running bot in #ops."""
    more = {"app_token": Secret(slack.app_token)} if transport == "sockets" else {}
    registry = CollectorRegistry()
    bot = Bot(settings_of(slack, **more), memory, policy=policy, telemetry=Telemetry(registry))
    with Service(bot, registry) as service:
        yield Scene(slack=slack, cloud=memory, service=service, ops=slack.channel("ops"))
