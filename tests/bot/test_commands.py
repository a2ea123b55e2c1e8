"""What is typed in a chat is what is done."""

from __future__ import annotations

import pytest
from bot.conftest import Scene


@pytest.mark.parametrize("transport", ["http", "sockets"], indirect=True)
def test_a_command_is_acknowledged_at_once_and_answered_to_who_asked(scene: Scene) -> None:
    """``/cloud apps`` shows the apps to who asked alone."""
    alice = scene.person()

    acknowledged = alice.command("apps")
    answer = scene.slack.until(lambda: scene.slack.seen(scene.ops, alice.user))[0]

    assert acknowledged.status == 200
    assert acknowledged.seconds < 3
    assert answer.seen_by == alice.user.id
    assert answer.kinds == ["data_table"]
    assert "web" in answer.text


def test_a_change_is_told_in_one_message_for_all(scene: Scene) -> None:
    """Scaling shows its steps, and ends with the app as it is then."""
    alice = scene.person()

    alice.command("scale web 4")
    done = scene.slack.until(lambda: [one for one in scene.slack.seen(scene.ops) if "done after" in one.text])[0]

    assert scene.cloud.app("web").status().ready == 4
    assert done.seen_by == ""
    assert done.kinds[:2] == ["plan", "card"]
    assert {task["status"] for task in done.blocks[0]["tasks"]} == {"complete"}
    entry = scene.cloud.history("web")[0]
    assert (entry.verb, entry.identity, entry.origin) == ("scale", alice.user.id, "chat")


def test_a_misspelt_line_is_answered_with_the_right_one(scene: Scene) -> None:
    """Only who typed it sees it."""
    alice = scene.person()

    alice.command("scal web 3")
    answer = scene.slack.until(lambda: scene.slack.seen(scene.ops, alice.user))[0]

    assert answer.seen_by == alice.user.id
    assert answer.text == "/cloud has no command 'scal'; did you mean 'scale'?\ntry: /cloud scale web 3"
