"""Lines, buttons and forms reach the verbs, wherever in Slack they come from."""

from __future__ import annotations

import json
import time

import pytest
from bot.conftest import Scene

from cloudkit_bot.testing import Message, Opened, Person, signed
from cloudkit_bot.testing.person import encoded, posted


def last(scene: Scene, person: Person | None = None) -> Message:
    """Return the last message that the bot has sent, as soon as there is one."""
    bots = lambda: [  # noqa: E731 # a look, for until
        one for one in scene.slack.seen(by=person.user if person else None) if one.blocks or one.documents
    ]
    return scene.slack.until(bots)[-1]


def opened(scene: Scene) -> Opened:
    """Return the view that is open, as soon as one is."""
    return scene.slack.until(lambda: list(scene.slack.views.values()))[-1]


def replicas(scene: Scene, count: int) -> None:
    """Wait until the app has so many ready replicas."""
    scene.slack.until(lambda: scene.cloud.app("web").status().ready == count)


def test_a_mention_in_a_thread_is_answered_there(scene: Scene) -> None:
    """Where slash commands do not work."""
    alice = scene.person()
    first = alice.wrote("let us look", "")

    alice.mention("apps", thread=first.ts)
    answer = last(scene)

    assert (answer.thread, answer.seen_by, answer.kinds) == (first.ts, "", ["data_table"])


def test_a_mention_outside_a_thread_begins_one(scene: Scene) -> None:
    """So that the channel stays readable."""
    alice = scene.person()

    alice.mention("scale web 3")
    replicas(scene, 3)

    assert last(scene).thread == scene.slack.messages[0].ts


def test_a_direct_message_is_answered_there(scene: Scene) -> None:
    """With the bot alone, its name is not needed."""
    alice = scene.person()
    alone = Person(slack=scene.slack, user=alice.user, channel=scene.slack.direct(alice.user.id), url=scene.url)

    alone.direct("apps")

    assert last(scene).channel == alone.channel.id


def test_the_command_alone_opens_the_form(scene: Scene) -> None:
    """A verb is chosen, its form filled, and what it means is done."""
    alice = scene.person()

    alice.command("")
    alice.choose(opened(scene), "Scale")
    form = scene.slack.until(lambda: next((v for v in scene.slack.views.values() if v.view.get("submit")), None))
    alice.submit(form, name="web", replicas=5)

    replicas(scene, 5)


@pytest.mark.parametrize("callback", ["cloud", "cloud_message"])
def test_a_shortcut_opens_the_form(scene: Scene, callback: str) -> None:
    """Of the workspace, or of a message, below which the answer goes then."""
    alice = scene.person()
    about = alice.wrote("is it slow?", "") if callback == "cloud_message" else None

    alice.shortcut(callback, about)
    view = opened(scene)

    assert view.user == alice.user.id
    _, hidden = scene.service.bot.seal.opened(view.view["private_metadata"])
    assert json.loads(hidden)["thread"] == (about.ts if about else "")


def test_a_form_that_is_wrong_comes_back_with_what_is_wrong(scene: Scene) -> None:
    """And nothing is done."""
    alice = scene.person()
    alice.command("")
    alice.choose(opened(scene), "Autoscale")
    form = scene.slack.until(lambda: next((v for v in scene.slack.views.values() if v.view.get("submit")), None))

    answered = alice.submit(form, name="web", timeout="soon")

    assert answered.body["response_action"] == "errors"
    assert "timeout" in next(iter(answered.body["errors"].values()))


def test_menus_offer_the_names_that_are_there(scene: Scene) -> None:
    """And what was typed itself, as an app may be new; within Slack's three seconds."""
    alice = scene.person()
    scene.cloud.deploy("api", "api:1")

    assert alice.suggest("names:AppState") == ["api", "web"]
    assert alice.suggest("names:AppState", "we") == ["web", "we"]
    assert "web:1" in alice.suggest("names:ImageState")


def test_a_cards_buttons_are_the_verbs_that_are_legal_now(scene: Scene) -> None:
    """A running app can be stopped and not started; a stopped one can be started and not stopped."""
    alice = scene.person()
    alice.command("status web")
    running = last(scene, alice)

    alice.press(running, "Stop")
    scene.slack.until(lambda: scene.cloud.app("web").status().spec.stopped)
    done = scene.slack.until(lambda: [one for one in scene.slack.seen() if "done after" in one.text])[-1]

    assert {"Restart", "Stop", "Delete"} <= labels(running)
    assert "Start" in labels(done)
    assert "Stop" not in labels(done)


def labels(message: Message) -> set[str]:
    """Return what the buttons of a message say."""
    elements = [element for block in message.blocks if block["type"] == "actions" for element in block["elements"]]
    return {element["text"]["text"] for element in elements if element["type"] == "button"}


def test_a_menu_of_a_card_asks_about_its_app(scene: Scene) -> None:
    """Whoever chooses sees the answer."""
    alice = scene.person()
    alice.command("status web")

    alice.press(last(scene, alice), "Revisions")
    answer = scene.slack.until(lambda: [one for one in scene.slack.seen(by=alice.user) if "REVISION" in one.text])[-1]

    assert answer.kinds == ["data_table"]


def test_more_opens_the_form_for_the_app(scene: Scene) -> None:
    """Its name is filled in."""
    alice = scene.person()
    alice.command("status web")

    alice.press(last(scene, alice), "Scale")
    view = opened(scene)
    alice.submit(view, replicas=1)

    assert view.view["blocks"][1]["element"]["initial_option"]["value"] == "web"
    replicas(scene, 1)


def test_what_loses_something_is_asked_about_first(scene: Scene) -> None:
    """The plan is shown; going on does what it says."""
    alice = scene.person()

    alice.command("delete web")
    question = last(scene)
    there = [app.name for app in scene.cloud.apps()]
    alice.press(question, "Approve")
    scene.slack.until(lambda: not scene.cloud.apps())

    assert "plan" in question.kinds
    assert there == ["web"]


def test_a_plan_that_has_moved_is_asked_about_again(scene: Scene) -> None:
    """What was agreed to is not what would be done any more."""
    alice = scene.person()
    alice.command("delete web")
    question = last(scene)
    scene.cloud.app("web").scale(4)

    alice.press(question, "Approve")
    again = scene.slack.until(lambda: [one for one in scene.slack.seen() if one.text.startswith("What is there has")])

    assert again
    assert [app.name for app in scene.cloud.apps()] == ["web"]


def test_a_plan_is_shown_and_not_carried_out(scene: Scene) -> None:
    """``--plan`` on any verb that changes something."""
    alice = scene.person()

    alice.command("scale web 7 --plan")
    answer = last(scene, alice)

    assert answer.kinds[0] == "plan"
    assert {task["status"] for task in answer.blocks[0]["tasks"]} == {"pending"}
    assert scene.cloud.app("web").status().ready == 2


def test_a_stream_that_does_not_end_is_read_for_a_while(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came meanwhile is shown; no thread of the pool is held for ever."""
    monkeypatch.setattr("cloudkit_bot.desk.LISTENING", 0.5)
    alice = scene.person()

    alice.command("events web --follow")
    answer = last(scene, alice)

    assert "web" in answer.text
    scene.slack.until(lambda: scene.service.bot.pool.busy == 0)


def test_a_shared_answer_is_seen_by_all(scene: Scene) -> None:
    """``--share`` on a verb that asks."""
    scene.person().command("apps --share")

    assert last(scene).seen_by == ""


def test_an_event_that_comes_again_is_acted_on_once(scene: Scene) -> None:
    """Slack delivers it up to four times."""
    alice = scene.person()

    for attempt in range(3):
        alice.mention("scale web 3", name="Ev1", retry=attempt)
    replicas(scene, 3)
    alice.command("apps")
    scene.slack.until(lambda: [one for one in scene.slack.seen(by=alice.user) if "NAME" in one.text])

    done = scene.slack.until(lambda: [one for one in scene.slack.seen() if "scale web 3: done" in one.text])
    assert len(done) == 1


def test_a_command_that_is_replayed_is_acted_on_once(scene: Scene) -> None:
    """Even inside the minutes for which its signature is good."""
    alice = scene.person()
    trigger = alice.trigger()

    alice.command("scale web 3", trigger=trigger)
    replicas(scene, 3)
    again = alice.command("scale web 5", trigger=trigger)
    alice.command("apps")
    scene.slack.until(lambda: [one for one in scene.slack.seen(by=alice.user) if "NAME" in one.text])

    assert again.status == 200
    assert scene.cloud.app("web").status().ready == 3


@pytest.mark.parametrize(("secret", "age"), [("another", 0), ("", 301)], ids=["another secret", "five minutes old"])
def test_a_request_that_is_not_slacks_is_refused(scene: Scene, secret: str, age: int) -> None:
    """Forged, or older than five minutes."""
    alice = scene.person()
    form = alice.place() | {"command": "/cloud", "text": "scale web 9", "trigger_id": "1.2.x", "user_id": alice.user.id}
    kind, body = encoded("slash_commands", form)
    headers = signed(secret or scene.slack.signing_secret, body, int(time.time()) - age)

    status, _ = posted(scene.url, body, headers | {"Content-Type": kind})

    assert status == 401
    assert scene.cloud.app("web").status().ready == 2


def test_a_form_that_is_asked_for_too_late_says_what_to_do(scene: Scene) -> None:
    """A trigger lives three seconds."""
    alice = scene.person()
    scene.slack.trouble("views.open", error="expired_trigger_id")

    alice.command("")
    answer = last(scene, alice)

    assert "/cloud help" in answer.text
