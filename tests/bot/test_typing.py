"""What people type and press, wherever in Slack, as Slack delivers it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from bot.conftest import Scene

from cloudkit_bot.testing import Message, Opened, Person

LINKED = (
    "deploy api <http://registry.example/api:2|registry.example/api:2> \u2014replicas 2 \u2014env \u201cA=b c\u201d"
)


def done(scene: Scene, words: str) -> Message:
    """Return the message of work that is over, as soon as it is."""
    return scene.slack.until(lambda: [one for one in scene.slack.seen() if words in one.text])[-1]


def form(scene: Scene) -> Opened:
    """Return the form that is open, as soon as one is."""
    return scene.slack.until(lambda: next((v for v in scene.slack.views.values() if v.view.get("submit")), None))


def alone(scene: Scene, person: Person) -> Person:
    """Return somebody in their direct messages with the bot."""
    return Person(slack=scene.slack, user=person.user, channel=scene.slack.direct(person.user.id), url=scene.url)


@pytest.mark.parametrize("transport", ["http", "sockets"], indirect=True)
def test_a_line_that_a_keyboard_and_slack_have_changed_means_what_was_typed(scene: Scene) -> None:
    """Typographic quotes, long dashes, and an image that Slack took for a link."""
    scene.person().command(LINKED)
    done(scene, "deploy api registry.example/api:2: done after")
    spec = scene.cloud.app("api").status().spec

    assert str(spec.image).startswith("registry.example/api:2@")
    assert (spec.replicas, dict(spec.env)) == (2, {"A": "b c"})


@pytest.mark.parametrize("transport", ["http", "sockets"], indirect=True)
def test_a_mention_in_a_thread_changes_something_and_is_answered_there(scene: Scene) -> None:
    """Also where a keyboard has changed the line."""
    alice = scene.person()
    first = alice.wrote("it is slow", "")

    alice.mention("scale web 3 \u2014timeout 60s", thread=first.ts)
    answer = done(scene, "scale web 3: done after")

    assert answer.thread == first.ts
    assert scene.cloud.app("web").status().ready == 3


def test_a_misspelt_mention_in_a_thread_is_answered_there_to_who_wrote_it(scene: Scene) -> None:
    """With the line that can be sent."""
    alice = scene.person()
    first = alice.wrote("it is slow", "")

    alice.mention("scal web 3", thread=first.ts)
    answer = scene.slack.until(lambda: [one for one in scene.slack.seen(by=alice.user) if "did you mean" in one.text])[
        -1
    ]

    assert (answer.thread, answer.seen_by) == (first.ts, alice.user.id)
    assert "scale web 3" in answer.text


@pytest.mark.parametrize("transport", ["http", "sockets"], indirect=True)
def test_a_direct_message_changes_something(scene: Scene) -> None:
    """Where policy allows it; the bot's own messages there are no lines."""
    me = alone(scene, scene.person())

    me.direct("scale web 4")
    answer = done(scene, "scale web 4: done after")
    me.event({"type": "message", "channel_type": "im", "text": "scale web 9", "bot_id": "B1", "channel": me.channel.id})
    me.direct("apps")
    scene.slack.until(lambda: [one for one in scene.slack.seen(me.channel, me.user) if "data_table" in one.kinds])

    assert answer.channel == me.channel.id
    assert scene.cloud.app("web").status().ready == 4


@pytest.mark.parametrize("transport", ["http", "sockets"], indirect=True)
def test_a_global_shortcut_is_filled_and_done(scene: Scene) -> None:
    """It was in no channel, so the answer comes in direct messages."""
    alice = scene.person()

    alice.shortcut("cloud")
    alice.choose(scene.slack.until(lambda: list(scene.slack.views.values()))[-1], "Scale")
    alice.submit(form(scene), name="web", replicas=5)
    answer = done(scene, "scale web 5: done after")

    assert scene.slack.channels[answer.channel].direct == alice.user.id


@pytest.mark.parametrize("transport", ["http", "sockets"], indirect=True)
def test_a_message_shortcut_is_filled_and_done_below_the_message(scene: Scene) -> None:
    """Whoever reads the message finds what was done about it."""
    alice = scene.person()
    about = alice.wrote("it is slow", "")

    alice.shortcut("cloud_message", about)
    alice.choose(scene.slack.until(lambda: list(scene.slack.views.values()))[-1], "Scale")
    alice.submit(form(scene), name="web", replicas=5)

    assert done(scene, "scale web 5: done after").thread == about.ts


@pytest.mark.parametrize("transport", ["http", "sockets"], indirect=True)
def test_a_menu_answers_within_three_seconds_though_the_backend_does_not(scene: Scene) -> None:
    """With the names that were known last; before any are, with what was typed."""
    alice, gate = scene.person(), threading.Event()
    backend = scene.service.bot.desk.backend
    apps = backend.apps

    def waiting(*given: Any, **named: Any) -> Any:
        gate.wait(20)
        return apps(*given, **named)

    backend.apps = waiting
    try:
        acknowledged = alice.deliver(
            "interactive", alice.who() | {"type": "block_suggestion", "action_id": "names:AppState", "value": "we"}
        )
    finally:
        gate.set()

    assert acknowledged.status == 200
    assert acknowledged.seconds < 3
    assert [one["value"] for one in acknowledged.body["options"]] == ["we"]
