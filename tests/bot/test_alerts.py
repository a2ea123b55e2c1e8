"""What goes wrong is told in a channel: one card for each incident, kept true until it is over."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from bot.conftest import Everybody, Scene, settings_of
from prometheus_client import CollectorRegistry

from cloudkit import Cloud, ConfigError, RolloutError, Telemetry
from cloudkit.model.secret import Secret
from cloudkit.testing import Program, cloud, world_of
from cloudkit_bot.bot import Bot
from cloudkit_bot.policy.verdict import Policy
from cloudkit_bot.serving import Service
from cloudkit_bot.testing import Message, Workspace

TOKEN = "a-token-of-an-alertmanager"
MEBIBYTE = 1024 * 1024
BROKEN = Program(exits=1, exit_code=3, last_words=("cannot reach db:5432", "password=hunter2 <!channel>"))


@contextmanager
def serving(slack: Workspace, made: Cloud, policy: Policy | None = None, **more: Any) -> Iterator[Scene]:
    """Run a bot that watches."""
    ops = next((one for one in slack.channels.values() if one.name == "ops"), None) or slack.channel("ops")
    quick = {"alerts_pause": 0.02, "alerts_calm": 0.1, "alerts_token": Secret(TOKEN), "alerts_channel": ops.id}
    bot = Bot(settings_of(slack, **(quick | more)), made, policy=policy or Everybody(), telemetry=Telemetry())
    with Service(bot, CollectorRegistry()) as service:
        yield Scene(slack=slack, cloud=made, service=service, ops=ops)


@pytest.fixture
def scene(slack: Workspace, memory: Cloud) -> Iterator[Scene]:
    """A running bot that watches, over an app that is well."""
    with serving(slack, memory) as made:
        yield made


def cards(scene: Scene, words: str = "") -> list[Message]:
    """Return the cards in the channel that say something."""
    return [one for one in scene.slack.seen(scene.ops, thread="") if words in one.text]


def awaited(scene: Scene, words: str) -> Message:
    """Return the first card that says something, once it does."""
    return scene.slack.until(lambda: cards(scene, words))[0]


def break_web(scene: Scene) -> None:
    """Let the app crash again and again."""
    world = world_of(scene.cloud)
    world.program("web:2", BROKEN)
    scene.cloud.app("web").deploy(scene.cloud.image("web:2").pull(), wait=False)
    world.clock.advance(5)


def crash(scene: Scene) -> None:
    """Let what runs of the app crash again and again, with nothing to go back to."""
    world = world_of(scene.cloud)
    world.program("loop:1", BROKEN)
    scene.cloud.deploy("loop", "loop:1", wait=False)
    world.clock.advance(30)


def test_a_crash_loop_has_one_card_with_its_cause_and_what_was_printed(scene: Scene) -> None:
    """It is edited as the app goes on to crash, and there is no second one."""
    crash(scene)
    card = awaited(scene, "crash loop")
    for _ in range(3):
        world_of(scene.cloud).clock.advance(60)

    assert "loop: crash loop: loop-1" in card.text
    sent = json.dumps(card.blocks)
    assert card.blocks[0] | {"type": "alert", "level": "error"} == card.blocks[0]
    assert "cannot reach db:5432" in sent
    assert "hunter2" not in sent
    assert '"mrkdwn"' not in sent
    assert len(cards(scene)) == 1


def test_what_ran_out_of_memory_is_told_though_it_runs_again(scene: Scene) -> None:
    """By the event of the engine."""
    world = world_of(scene.cloud)
    world.program("fat:1", Program(memory=300 * MEBIBYTE))

    scene.cloud.deploy("fat", "fat:1", memory="100Mi", wait=False)
    world.clock.advance(1)

    card = awaited(scene, "fat: out of memory")
    assert "memory limit" in card.text


def test_a_failed_rollout_is_told_with_the_change_that_came_before(scene: Scene) -> None:
    """What ran before runs again, and the card stays until somebody takes it on."""
    alice = scene.person()
    world_of(scene.cloud).program("web:2", BROKEN)
    with pytest.raises(RolloutError):
        scene.cloud.app("web").deploy(scene.cloud.image("web:2").pull())

    card = awaited(scene, "failed rollout")
    assert "before it: 2 " in card.text
    assert "deploy web image=web:1" in card.text
    assert scene.cloud.app("web").status().ready == 2
    alice.press(card, "Acknowledge")

    scene.slack.until(lambda: "🟢 over: web: failed rollout" in card.text)
    assert {"type": "user", "user_id": alice.user.id} in card.blocks[1]["elements"][0]["elements"]


def test_a_later_change_that_goes_well_ends_a_failed_rollout(scene: Scene) -> None:
    """Nobody has to do it."""
    world_of(scene.cloud).program("web:2", BROKEN)
    with pytest.raises(RolloutError):
        scene.cloud.app("web").deploy(scene.cloud.image("web:2").pull())
    card = awaited(scene, "failed rollout")

    scene.cloud.app("web").scale(3)

    scene.slack.until(lambda: "over: web: failed rollout" in card.text)


def test_the_card_offers_what_is_legal_and_a_press_does_it(scene: Scene) -> None:
    """As the person who presses, in the card's thread."""
    crash(scene)
    card = awaited(scene, "crash loop")
    alice = scene.person()

    alice.press(card, "Stop")

    scene.slack.until(lambda: [one for one in scene.slack.seen(scene.ops, thread=card.ts) if "done after" in one.text])
    scene.slack.until(lambda: "over: loop: crash loop" in card.text)
    assert not any(block["type"] == "actions" for block in card.blocks)


def test_what_comes_back_soon_is_told_on_the_same_card(scene: Scene) -> None:
    """With how often it came."""
    crash(scene)
    card = awaited(scene, "crash loop")
    scene.cloud.app("loop").stop()
    scene.slack.until(lambda: "over: " in card.text)

    scene.cloud.app("loop").start(wait=False)
    world_of(scene.cloud).clock.advance(30)

    scene.slack.until(lambda: "came 2 times" in card.text and "over: " not in card.text)
    assert len(cards(scene)) == 1


class Nobody:
    """Lets people look, and nothing else."""

    def decide(self, asker: Any, wanted: Any) -> Any:  # noqa: ARG002 # whoever it is
        """Say whether somebody may do something."""
        from cloudkit_bot.policy.verdict import Verdict

        return Verdict(allowed=not wanted.changes, reason="no rule allows it" if wanted.changes else "")


def test_who_may_change_nothing_may_not_silence(slack: Workspace, memory: Cloud) -> None:
    """The policy is asked for the one who presses."""
    with serving(slack, memory, policy=Nobody()) as scene:
        crash(scene)
        card = awaited(scene, "crash loop")
        mallory = scene.person("mallory")

        mallory.press(card, "Acknowledge")
        mallory.press(card, "1 hour")

        for action in ("acknowledge", "silence"):
            refusal = f"you may not {action} loop: no rule allows it"
            slack.until(lambda wanted=refusal: [one for one in slack.seen(by=mallory.user) if wanted in one.text])
    assert "taken on" not in json.dumps(card.blocks)


def test_a_forged_silence_does_nothing(scene: Scene) -> None:
    """Only what the menu offers is taken."""
    crash(scene)
    card = awaited(scene, "crash loop")
    mallory = scene.person("mallory")

    mallory.press(card, "Acknowledge", value="0123456789abcdef")

    scene.slack.until(
        lambda: [one for one in scene.slack.seen(by=mallory.user) if "no such incident any more" in one.text]
    )


def test_what_is_known_survives_a_restart_of_the_bot(slack: Workspace, memory: Cloud, tmp_path: Path) -> None:
    """The next bot edits the card of the one before."""
    store = str(tmp_path / "bot.sqlite")
    with serving(slack, memory, store=store) as scene:
        crash(scene)
        card = awaited(scene, "crash loop")
        scene.person().press(card, "Acknowledge")
        slack.until(lambda: "taken on by" in json.dumps(card.blocks))

    with serving(slack, memory, store=store) as scene:
        scene.cloud.app("loop").stop()
        slack.until(lambda: "over: loop: crash loop" in card.text)

        assert len(cards(scene)) == 1
        assert "taken on by" in json.dumps(card.blocks)


def test_two_bots_with_one_store_tell_of_an_incident_once(slack: Workspace, memory: Cloud, tmp_path: Path) -> None:
    """Each incident is kept once, and one of them draws its card."""
    store = str(tmp_path / "bot.sqlite")
    with serving(slack, memory, store=store) as scene, serving(slack, memory, store=store):
        crash(scene)
        card = awaited(scene, "crash loop")
        scene.cloud.app("loop").stop()
        slack.until(lambda: "over: loop: crash loop" in card.text)

        assert len(cards(scene)) == 1


def notice(status: str = "firing", group: str = "g1", severity: str = "warning", **labels: str) -> dict[str, Any]:
    """Return what an Alertmanager sends of a group of one alert."""
    known = {"alertname": "HighLatency", "severity": severity, **labels}
    notes = {"summary": "p99 is above 2 s", "runbook_url": "https://wiki.example/latency"}
    alert = {
        "status": status,
        "labels": known,
        "annotations": notes,
        "startsAt": "2026-01-31T14:05:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example",
        "fingerprint": "c0ffee",
    }
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{group}"}}',
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "cloudkit",
        "groupLabels": {"alertname": "HighLatency"},
        "commonLabels": known,
        "commonAnnotations": notes,
        "externalURL": "http://alertmanager.example",
        "alerts": [alert],
    }


def sent(scene: Scene, body: Any, authorization: str = f"Bearer {TOKEN}") -> tuple[int, str]:
    """Post to the bot as an Alertmanager does; return its answer."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({"Authorization": authorization} if authorization else {})
    url = f"http://127.0.0.1:{scene.service.port}/alerts"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=content, headers=headers), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_an_alert_has_one_card_that_is_edited_when_it_is_resolved(scene: Scene) -> None:
    """However often it is sent."""
    for _ in range(3):
        assert sent(scene, notice(app="web"))[0] == 200
    card = awaited(scene, "HighLatency")
    assert "web: HighLatency: p99 is above 2 s" in card.text
    assert "runbook: https://wiki.example/latency" in json.dumps(card.blocks)
    assert any("Restart" in json.dumps(block) for block in card.blocks)

    assert sent(scene, notice("resolved", app="web"))[0] == 200

    scene.slack.until(lambda: "over: web: HighLatency" in card.text)
    assert len(cards(scene)) == 1


def test_groups_are_incidents_of_their_own(scene: Scene) -> None:
    """As the Alertmanager has grouped them."""
    sent(scene, notice(group="one"))
    sent(scene, notice(group="two", severity="critical"))

    scene.slack.until(lambda: len(cards(scene, "HighLatency")) == 2)
    assert {card.blocks[0]["level"] for card in cards(scene)} == {"warning", "error"}


BASIC = base64.b64encode(f"alertmanager:{TOKEN}".encode()).decode()
WRONG = base64.b64encode(f"admin:{TOKEN}".encode()).decode()


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("", 401),
        ("Bearer", 401),
        ("Bearer ", 401),
        (f"Bearer {TOKEN}x", 401),
        (f"Basic {WRONG}", 401),
        ("Basic %%%", 401),
        ("Digest x", 401),
        (f"bearer {TOKEN}", 200),
        (f"Basic {BASIC}", 200),
    ],
)
def test_only_who_proves_it_is_heard(scene: Scene, authorization: str, status: int) -> None:
    """By a bearer token, or by basic authentication."""
    answered, text = sent(scene, notice(), authorization)

    assert answered == status
    assert TOKEN not in text


@pytest.mark.parametrize("body", [b"", b"[]", b'{"version": "3"}', b"\xff", b'{"version":"4","groupKey":1}'])
def test_what_no_alertmanager_sends_is_refused(scene: Scene, body: bytes) -> None:
    """With 400, so that it is not sent again."""
    assert sent(scene, body)[0] == 400
    assert cards(scene) == []


def test_what_is_not_grave_waits_for_the_end_of_the_quiet_hours(slack: Workspace, memory: Cloud) -> None:
    """What is grave does not."""
    with serving(slack, memory, quiet="00:00-23:59:59.999999") as scene:
        sent(scene, notice(group="mild"))
        sent(scene, notice(group="grave", severity="critical"))
        awaited(scene, "HighLatency")
        scene.service.bot.alarm.pen.turn()

        assert [card.blocks[0]["level"] for card in cards(scene)] == ["error"]


def test_a_storm_is_told_in_one_card_more(slack: Workspace, memory: Cloud) -> None:
    """So many cards, and one that names the others."""
    with serving(slack, memory, alerts_most=2) as scene:
        for number in range(9):
            sent(scene, notice(group=str(number)))

        more = awaited(scene, "have no card of their own yet")

        assert len(cards(scene)) == 3
        for number in range(9):
            sent(scene, notice("resolved", group=str(number)))
        slack.until(lambda: "over: more incidents" in more.text)
        slack.until(lambda: len(cards(scene, "over: ")) == 3)


def test_what_is_silenced_has_no_new_card_until_then(scene: Scene) -> None:
    """When it is over, and comes back later."""
    sent(scene, notice())
    card = awaited(scene, "HighLatency")
    alice = scene.person()

    alice.press(card, "8 hours")
    scene.slack.until(lambda: "silent until" in json.dumps(card.blocks))
    sent(scene, notice("resolved"))
    scene.slack.until(lambda: "over: HighLatency" in card.text)
    scene.service.bot.alarm.door.clock = lambda: time.time() + 3_600
    sent(scene, notice())
    scene.service.bot.alarm.pen.turn()

    (again,) = scene.service.bot.store.incidents.open()
    assert (again.incident.silencer, again.message) == (alice.user.id, "")
    assert len(cards(scene)) == 1


def test_slack_being_down_loses_no_incident(scene: Scene) -> None:
    """It is kept, and posted when Slack takes messages again."""
    trouble = scene.slack.trouble("chat.postMessage", error="fatal_error", times=2)

    sent(scene, notice())

    kept = scene.service.bot.store.incidents
    scene.slack.until(lambda: trouble.times == 0 or [one for one in scene.slack.calls if "postMessage" in one[0]])
    kept.wait(kept.open()[0], 0.0)
    scene.slack.until(lambda: (kept.wait(kept.open()[0], 0.0), cards(scene, "HighLatency"))[1])


def test_alerts_without_a_channel_are_refused(slack: Workspace) -> None:
    """When the bot is made, not when the first one comes."""
    with pytest.raises(ConfigError, match="no channel is named"):
        Bot(settings_of(slack, alerts_token=Secret(TOKEN)), cloud())


def test_without_a_token_nothing_is_taken(slack: Workspace, memory: Cloud) -> None:
    """The path is not there."""
    with serving(slack, memory, alerts_token=Secret("")) as scene:
        assert sent(scene, notice(), "Bearer ")[0] == 404
