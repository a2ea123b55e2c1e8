"""Whatever fails: nothing is done twice, nothing is lost, and who asked is told."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from bot.conftest import Everybody, Scene, settings_of
from bot.test_lasting import Bots, held
from prometheus_client import CollectorRegistry

from cloudkit.testing import cloud, world_of
from cloudkit_bot import listeners, sending
from cloudkit_bot.bot import Bot
from cloudkit_bot.serving import Service
from cloudkit_bot.testing import Workspace


@pytest.fixture
def bots(slack: Workspace, tmp_path: Path) -> Iterator[Bots]:
    """A workspace with no bot yet, and an app of two replicas."""
    made = cloud()
    made.deploy("web", "web:1", port=3000, publish=8080, replicas=2)
    found = Bots(slack, world_of(made), tmp_path / "bot.sqlite")
    yield found
    for service in found.services:
        service.stop()


def generation(bots: Bots) -> int:
    """Return how often the app was changed."""
    return cloud(world=bots.world).app("web").status().generation


def test_slack_is_slow(scene: Scene) -> None:
    """A command is acknowledged before anything is sent, and answered when Slack has taken the answer."""
    scene.slack.trouble("*", delay=1.0, times=3)

    taken = scene.person().command("scale web 3")
    sent = len(scene.slack.messages)
    end = scene.slack.until(lambda: [one for one in scene.slack.seen() if "done after" in one.text])

    assert (taken.status, sent, len(end)) == (200, 0, 1)
    assert taken.seconds < 1.0


def test_slack_is_down_when_work_ends(bots: Bots, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its end is told when Slack is back, in the same message; the work is not done again."""
    monkeypatch.setattr(sending, "PAUSES", (0.01,))
    service = bots.start(seconds=2)
    gate = held(service, after=True)
    before = generation(bots)
    bots.person(service).command("scale web 4")
    bots.slack.until(lambda: generation(bots) > before)
    work = bots.works(service)[0]
    for method, times in (("chat.update", 9), ("chat.postMessage", 30), ("response", 30)):
        bots.slack.trouble(method, drop=True, times=times)

    gate.set()
    end = bots.told("scale web 4: done after")
    bots.slack.until(lambda: not bots.works(service))

    assert (service.bot.store.works.find(work.name) or work).outcome == "taken up"
    assert generation(bots) == before + 1
    assert [one for one in bots.slack.seen() if not one.thread] == [end]


def test_slack_is_down_when_a_question_is_answered(bots: Bots, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is answered again a little later."""
    monkeypatch.setattr(listeners, "AGAIN", (0.2, 0.2))
    service = bots.start(seconds=15)
    for method in ("response", "chat.*", "conversations.open"):
        bots.slack.trouble(method, drop=True, times=3)
    alice = bots.person(service)

    alice.command("apps")

    assert "web" in bots.slack.until(lambda: bots.slack.seen(by=alice.user))[0].text


def test_slack_limits_the_rate(scene: Scene) -> None:
    """Of everything: what it says is waited for, and each asker has an answer."""
    for method in ("chat.postMessage", "chat.update", "users.info"):
        scene.slack.trouble(method, error="ratelimited", status=429, retry_after=1, times=1)
    alice, bob = scene.person(), scene.person("bob")

    alice.command("scale web 3")
    bob.command("status web")

    scene.slack.until(lambda: [one for one in scene.slack.seen() if "done after" in one.text])
    scene.slack.until(lambda: scene.slack.seen(by=bob.user))


def test_slack_delivers_again_and_again(scene: Scene) -> None:
    """Acted on once, acknowledged each time."""
    alice = scene.person()
    before = scene.cloud.app("web").status().generation

    answers = [alice.mention("restart web", name="Ev1", retry=retry) for retry in range(4)]
    scene.slack.until(lambda: [one for one in scene.slack.seen() if "done after" in one.text])

    assert {one.status for one in answers} == {200}
    assert scene.cloud.app("web").status().generation == before + 1


def test_slack_delivers_out_of_order(scene: Scene) -> None:
    """A press of Stop that comes when the work is over is told so; what came first is not undone."""
    alice = scene.person()
    alice.command("scale web 3")
    begun = scene.slack.until(lambda: [one for one in scene.slack.seen() if "scale web 3" in one.text])[0]
    name = "0123456789abcdef"
    scene.slack.until(lambda: "done after" in begun.text)
    stale = [{"type": "actions", "elements": [{"type": "button", "action_id": f"halt:{name}", "value": name,
              "text": {"type": "plain_text", "text": "Stop"}}]}]  # fmt: skip
    begun.blocks = stale

    alice.press(begun, "Stop")
    said = scene.slack.until(lambda: [one for one in scene.slack.seen(by=alice.user) if one.seen_by])[-1]

    assert "over already" in said.text
    assert scene.cloud.app("web").status().ready == 3


def test_the_backend_is_down(scene: Scene) -> None:
    """The error and what to run, for who asks and for who changes; nothing waits."""
    scene.service.bot.desk.backend.close()
    alice = scene.person()

    alice.command("scale web 3")
    said = scene.slack.until(lambda: [one for one in scene.slack.seen() if "not done after" in one.text])[-1]

    assert "closed" in said.text
    assert "try:" in said.text


def test_the_store_is_damaged(slack: Workspace, tmp_path: Path) -> None:
    """A change is refused before it begins, as it could not be kept; what changes nothing is answered."""
    made = cloud()
    made.deploy("web", "web:1", replicas=2)
    store = tmp_path / "bot.sqlite"
    bot = Bot(settings_of(slack, store=str(store)), made, policy=Everybody())
    with Service(bot, CollectorRegistry()) as service:
        scene = Scene(slack=slack, cloud=made, service=service, ops=slack.channel("ops"))
        alice = scene.person()
        bot.store.works.running()
        with sqlite3.connect(store) as other:
            other.execute("DROP TABLE works")
            other.execute("DROP TABLE deliveries")
        other.close()

        alice.command("scale web 3")
        refused = slack.until(lambda: slack.seen(by=alice.user))[-1]
        alice.command("apps")
        slack.until(lambda: len(slack.seen(by=alice.user)) > 1)

    assert "the bot's store" in refused.text
    assert made.app("web").status().spec.replicas == 2


def test_a_hundred_ask_at_once(scene: Scene) -> None:
    """More than are worked on at once: all are acknowledged at once, and each has an answer."""
    people = [scene.person(f"user{number}") for number in range(10)]
    began = time.monotonic()

    def ask(number: int) -> None:
        for _ in range(10):
            people[number].command("apps")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scene.slack.until(lambda: len(scene.slack.messages) >= 100, seconds=60)

    for person in people:
        assert len(scene.slack.seen(by=person.user)) == 10
    assert time.monotonic() > began


@pytest.mark.parametrize("moment", ["asked", "approved"])
def test_killed_around_an_approval(bots: Bots, moment: str) -> None:
    """A request waits in the store for whichever bot is there; what was approved is carried out once."""
    first = bots.start()
    alice = bots.person(first)
    alice.command("delete web")
    card = bots.told("delete web")
    bots.slack.until(lambda: first.bot.store.requests.open() and first.bot.store.requests.open()[0].message)
    if moment == "approved":
        bots.world.faults.kill_at(1)
        alice.press(card, "Approve")
        bots.slack.until(lambda: bots.world.faults._steps_left is None)
    bots.kill(first)
    bots.services.remove(first)

    second = bots.start()
    if moment == "asked":
        bots.person(second).press(card, "Approve")
    bots.told("delete web: done after")

    assert cloud(world=bots.world).apps() == ()
