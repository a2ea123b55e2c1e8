"""Who did what: in the journal with Slack's identifiers, and in a channel that the settings choose."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bot.conftest import Scene, settings_of
from prometheus_client import CollectorRegistry

from cloudkit import Cloud, Entry
from cloudkit_bot.bot import Bot
from cloudkit_bot.policy.cedar import CedarPolicy
from cloudkit_bot.policy.verdict import Policy
from cloudkit_bot.serving import Service
from cloudkit_bot.testing import Channel, Message, Person, Workspace
from cloudkit_bot.words.grammar import chat_catalogue

RULES = """
permit(principal, action in Action::"viewer", resource);
permit(principal, action == Action::"deploy", resource);
@approval("1") permit(principal, action == Action::"scale", resource);
permit(principal, action == Action::"approve", resource);
"""


@pytest.fixture
def policy() -> Policy:
    """Members look, deploy, and scale with another's approval."""
    return CedarPolicy(RULES, chat_catalogue())


@pytest.fixture
def told(slack: Workspace) -> Channel:
    """The channel that is told."""
    return slack.channel("who-did-what")


@pytest.fixture
def scene(slack: Workspace, memory: Cloud, policy: Policy, told: Channel) -> Iterator[Scene]:
    """A bot that tells a channel."""
    bot = Bot(settings_of(slack, audit=told.id), memory, policy=policy)
    with Service(bot, CollectorRegistry()) as service:
        yield Scene(slack=slack, cloud=memory, service=service, ops=slack.channel("ops"))


@pytest.fixture
def alice(scene: Scene) -> Person:
    """Somebody who asks."""
    return scene.person("alice")


@pytest.fixture
def bob(scene: Scene) -> Person:
    """Somebody who approves."""
    return scene.person("bob")


def entry(scene: Scene, verb: str, outcome: str = "ok") -> Entry:
    """Return the newest entry of a verb from the chat, as soon as it has ended in some way."""
    noted = lambda: [one for one in scene.cloud.history() if one.origin == "chat"]  # noqa: E731 # now
    look = lambda: [one for one in noted() if (one.verb, one.outcome) == (verb, outcome)]  # noqa: E731 # for until
    return scene.slack.until(look)[0]


def message(scene: Scene, words: str, channel: Channel | None = None) -> Message:
    """Return a message that has some words, as soon as there is one."""
    return scene.slack.until(lambda: [one for one in scene.slack.seen(channel) if words in one.text])[-1]


def test_a_command_that_looks_is_noted(scene: Scene, alice: Person, told: Channel) -> None:
    """With who, where and by which delivery; the channel is not told of it."""
    trigger = alice.trigger()
    alice.command("status web", trigger=trigger)

    noted = entry(scene, "status")

    assert (noted.identity, noted.origin, noted.app) == (alice.user.id, "chat", "web")
    assert noted.source == {"team": scene.slack.team, "channel": scene.ops.id, "delivery": trigger}
    assert scene.slack.seen(told) == []


def test_a_refusal_is_noted_and_told(scene: Scene, alice: Person, told: Channel) -> None:
    """It changes nothing, and somebody may want to know of it."""
    alice.command("restart web")

    noted = entry(scene, "restart", "access")
    line = message(scene, "refused", told)

    assert "no rule allows it" in noted.error
    assert noted.source["channel"] == scene.ops.id
    assert not noted.changed
    assert line.text.startswith(f"{alice.user.id} in {scene.ops.id}: restart web: refused")


def test_a_line_that_means_nothing_is_noted_without_its_words(scene: Scene, alice: Person) -> None:
    """As they may be a secret that was mistyped."""
    alice.command("scael web hunter2hunter2")

    noted = entry(scene, "scael", "usage")

    assert noted.identity == alice.user.id
    assert noted.arguments == {}


def test_a_change_is_noted_with_its_result(scene: Scene, alice: Person, told: Channel) -> None:
    """And told; values that may be secret stand in neither."""
    alice.command("deploy api web:1 --env PASSWORD=hunter2hunter2")

    noted = entry(scene, "deploy")
    line = message(scene, "deploy api web:1: done after", told)
    rows = str(scene.cloud.history("api"))

    assert noted.source["channel"] == scene.ops.id
    assert noted.changed
    assert "hunter2" not in f"{rows}{line.text}{line.blocks}"


def test_a_request_its_approval_and_its_result_are_noted(
    scene: Scene, alice: Person, bob: Person, told: Channel
) -> None:
    """Each with who did it and on which message; the result says who approved."""
    alice.command("scale web 3")
    card = message(scene, "asks for approval")
    bob.press(card, "Approve")

    result, request, approval = (entry(scene, verb) for verb in ("scale", "request", "approve"))
    line = message(scene, "scale web 3: done after", told)

    assert (request.identity, approval.identity, result.identity) == (alice.user.id, bob.user.id, alice.user.id)
    assert request.arguments == {"line": "scale web 3"}
    assert approval.source["message"] == card.ts
    assert approval.arguments["of"] == alice.user.id
    assert result.source["approvers"] == bob.user.id
    assert result.source["thread"] == card.ts
    assert line.text.endswith(f"approved by {bob.user.id}")


def test_a_click_that_is_refused_is_noted_and_told(scene: Scene, alice: Person, told: Channel) -> None:
    """Such as of one who approves their own."""
    alice.command("scale web 3")
    card = message(scene, "asks for approval")

    alice.press(card, "Approve")
    noted = entry(scene, "approve", "access")

    assert noted.source["message"] == card.ts
    assert "somebody else must approve" in noted.error
    assert message(scene, "may not approve scale web 3", told)


def test_history_in_the_chat_shows_all_of_it(scene: Scene, alice: Person, bob: Person) -> None:
    """What was looked at, asked, refused, denied; with the channel."""
    alice.command("status web")
    entry(scene, "status")
    alice.command("restart web")
    entry(scene, "restart", "access")
    alice.command("scale web 3")
    bob.press(message(scene, "asks for approval"), "Deny")
    entry(scene, "deny")

    alice.command("history web")
    shown = scene.slack.until(lambda: [one for one in scene.slack.seen(by=alice.user) if "ENTRY" in one.text])[-1]
    rows = str(shown.blocks)

    for words in ("status web", "restart web", "request web", "deny web", alice.user.id, bob.user.id, scene.ops.id):
        assert words in rows


def test_a_channel_that_takes_nothing_stops_no_work(
    scene: Scene, alice: Person, told: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told to the log."""
    scene.slack.channels[told.id] = scene.slack.channel("gone", member=False, public=False)
    scene.slack.channels.pop(told.id)

    alice.command("deploy api web:1")
    message(scene, "deploy api web:1: done after")
    scene.slack.until(lambda: "was not told" in caplog.text)

    assert entry(scene, "deploy").changed
