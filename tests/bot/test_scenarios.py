"""The main scenarios, on each backend: what is typed in a chat is what runs there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from bot.conftest import Everybody, Scene, settings_of
from contract.conftest import _client, _cluster_api, _cluster_namespace, _images, driver
from contract.drivers.driver import PORT, Driver
from prometheus_client import CollectorRegistry

from cloudkit_bot.bot import Bot
from cloudkit_bot.serving import Service
from cloudkit_bot.testing import Message, Person, Workspace

__all__ = ["_client", "_cluster_api", "_cluster_namespace", "_images", "driver"]  # fixtures of the laws
SECONDS = 200.0


@dataclass
class Chat:
    """Somebody in a channel with a bot over an engine."""

    scene: Scene
    alice: Person
    driver: Driver

    def says(self, line: str, words: str) -> Message:
        """Type a line, and return what comes with some words, newer than the line."""
        before = len(self.scene.slack.messages)
        assert self.alice.command(line).status == 200
        return self.seen(words, before)

    def seen(self, words: str, before: int = 0) -> Message:
        """Return the newest message with some words, as soon as there is one."""

        def look() -> list[Message]:
            mine = ("", self.alice.user.id)
            return [one for one in self.scene.slack.messages[before:] if words in one.text and one.seen_by in mine]

        return self.scene.slack.until(look, seconds=SECONDS)[-1]

    def deployed(self, image: str = "", *, more: str = "", end: str = "done after") -> Message:
        """Deploy the program under test, or another image of it in its place."""
        image = image or self.driver.image
        return self.says(f"deploy web {image} --port {PORT} --publish false {more}", f"deploy web {image}: {end}")


@pytest.fixture
def chat(slack: Workspace, driver: Driver) -> Iterator[Chat]:
    """A bot over the engine of a driver."""
    bot = Bot(settings_of(slack), driver.cloud, policy=Everybody())
    with Service(bot, CollectorRegistry()) as service:
        scene = Scene(slack=slack, cloud=driver.cloud, service=service, ops=slack.channel("ops"))
        yield Chat(scene=scene, alice=scene.person(), driver=driver)


def shown(message: Message) -> str:
    """Return all that a message shows."""
    return message.text + json.dumps(message.blocks, ensure_ascii=False)


def test_an_app_is_deployed_listed_scaled_read_and_rolled(chat: Chat) -> None:
    """Each change is one message that ends with the app as it is; what is asked is answered to who asks."""
    chat.deployed(more="--replicas 2")

    listed = chat.says("apps", "web")
    scaled = chat.says("scale web 3", "scale web 3: done after")
    read = chat.says("logs web", "started hello")
    other = chat.driver.other_image(BODY="second")
    rolled = chat.deployed(other)

    assert listed.seen_by == chat.alice.user.id
    assert "web 3/3 ready" in scaled.text
    assert scaled.seen_by == ""
    assert read.seen_by == chat.alice.user.id
    assert "web 3/3 ready" in rolled.text
    state = chat.driver.cloud.app("web").status()
    assert other.rpartition("/")[2] in str(state.spec.image)


def test_an_app_is_deleted_once_that_is_approved(chat: Chat) -> None:
    """What loses something shows its plan first, and does nothing until somebody approves it."""
    chat.deployed()

    question = chat.says("delete web", "asks for approval")
    there = [app.name for app in chat.driver.cloud.apps()]
    before = len(chat.scene.slack.messages)
    chat.alice.press(question, "Approve")
    chat.seen("delete web: done after", before)

    assert there == ["web"]
    assert "plan" in question.kinds
    assert chat.driver.cloud.apps() == ()
    assert chat.driver.leftovers("web") == []


def test_a_rollout_that_fails_tells_its_cause_and_leaves_what_ran(chat: Chat) -> None:
    """With the last words of the program, in the message that began it."""
    chat.deployed()
    bad = chat.driver.other_image(START_DELAY="60", EXIT_AFTER="0.3", EXIT_CODE="7")

    failed = chat.deployed(bad, more="--deadline 60s", end="not done after")

    assert "alert" in failed.kinds
    assert "exit code 7" in shown(failed) or "last words" in shown(failed)
    assert chat.driver.cloud.app("web").status().ready >= 1
