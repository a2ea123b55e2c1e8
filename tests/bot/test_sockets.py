"""Socket Mode goes on whatever becomes of a connection, and each envelope is acted on once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from bot.conftest import Everybody, Scene, settings_of
from prometheus_client import CollectorRegistry

from cloudkit import Cloud
from cloudkit.model.secret import Secret
from cloudkit_bot.bot import Bot
from cloudkit_bot.serving import Service
from cloudkit_bot.testing import Person, Workspace


@pytest.fixture
def transport() -> str:
    """No public address."""
    return "sockets"


def works(scene: Scene, person: Person, replicas: int) -> None:
    """A command is acknowledged and done."""
    acknowledged = person.command(f"scale web {replicas}")
    words = f"scale web {replicas}: done after"
    scene.slack.until(lambda: [one for one in scene.slack.seen() if words in one.text])

    assert acknowledged.status == 200


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
def test_a_connection_that_slack_ends_is_made_anew(scene: Scene, reason: str) -> None:
    """It does so every few hours."""
    alice = scene.person()
    works(scene, alice, 3)

    scene.slack.sockets.disconnect(reason)
    scene.slack.sockets.until(2)

    works(scene, alice, 4)


def test_a_link_that_breaks_is_made_anew(scene: Scene) -> None:
    """With no word from Slack."""
    alice = scene.person()
    works(scene, alice, 3)

    scene.slack.sockets.cut()
    scene.slack.sockets.until(2)

    works(scene, alice, 4)


def test_work_ends_and_is_told_though_the_link_breaks_meanwhile(scene: Scene) -> None:
    """Messages go by the Web API, whatever becomes of the WebSocket."""
    alice = scene.person()

    alice.command("scale web 30")
    scene.slack.sockets.cut()

    assert scene.slack.until(lambda: [one for one in scene.slack.seen() if "scale web 30: done after" in one.text])


def test_an_event_that_was_not_answered_comes_again_over_another_link_and_is_acted_on_once(scene: Scene) -> None:
    """Slack sends it again where it saw no answer."""
    alice = scene.person()

    alice.mention("scale web 3", name="Ev1")
    scene.slack.sockets.cut()
    scene.slack.sockets.until(2)
    alice.mention("scale web 3", name="Ev1", retry=1)
    works(scene, alice, 5)

    assert len([one for one in scene.slack.seen() if "scale web 3: done" in one.text]) == 1


@pytest.fixture
def second(slack: Workspace, memory: Cloud, scene: Scene) -> Iterator[Service]:
    """Another bot with the same tokens, over the same apps."""
    with ExitStack() as stack:
        bot = Bot(settings_of(slack, app_token=Secret(slack.app_token)), memory, policy=Everybody())
        service = stack.enter_context(Service(bot, CollectorRegistry()))
        scene.slack.sockets.until(2)
        yield service


def test_two_connections_share_the_commands(scene: Scene, second: Service) -> None:
    """Slack gives each envelope to one of them; all are done, and none twice."""
    alice = scene.person()

    for count in (3, 4, 5, 6):
        works(scene, alice, count)
    done = [one.text for one in scene.slack.seen() if "done after" in one.text]

    assert len(done) == 4
    assert second.bot.closing is False
    assert len([entry for entry in scene.cloud.history("web") if entry.verb == "scale"]) == 4


def test_when_one_of_two_bots_stops_the_other_goes_on(scene: Scene, second: Service) -> None:
    """As when two replicas are rolled one after the other."""
    alice = scene.person()
    works(scene, alice, 3)

    second.stop()

    for count in (4, 5, 6):
        works(scene, alice, count)
