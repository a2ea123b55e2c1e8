"""The Slack on loopback refuses what Slack refuses."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient
from slackblocks import _limits

from cloudkit_bot import limits
from cloudkit_bot.testing import HandClock, Person, Workspace, check_blocks
from cloudkit_bot.testing.triggers import Place


@pytest.fixture
def clock() -> HandClock:
    """A time that goes on when it is told to."""
    return HandClock(1_000_000.0)


@pytest.fixture
def slack(clock: HandClock) -> Iterator[Workspace]:
    """A workspace by that time."""
    with Workspace(clock=clock) as workspace:
        yield workspace


@pytest.fixture
def client(slack: Workspace) -> WebClient:
    """Slack's own client."""
    return WebClient(slack.bot_token, base_url=slack.base_url)


def refused(call: Any, **given: Any) -> str:
    """Return Slack's word for a refusal."""
    with pytest.raises(SlackApiError) as error:
        call(**given)
    return str(error.value.response["error"])


def section(text: str) -> dict[str, Any]:
    """Return a section of plain text."""
    return {"type": "section", "text": {"type": "plain_text", "text": text}}


def table(rows: int, columns: int, text: str = "x") -> dict[str, Any]:
    """Return a data table."""
    cells = [[{"type": "raw_text", "text": text}] * columns for _ in range(rows)]
    return {"type": "data_table", "caption": "c", "rows": cells}


BUTTON: dict[str, Any] = {"type": "button", "text": {"type": "plain_text", "text": "x"}}
LONG = {"type": "plain_text", "text": "x" * 76}
TASK = {"task_id": "1", "title": "t", "status": "complete"}
TOO_MUCH = {
    "a section of 3,001": [section("x" * (limits.SECTION + 1))],
    "51 blocks": [section("x")] * 51,
    "an empty text": [section("")],
    "a header of 151": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
    "an alert of 201": [{"type": "alert", "text": {"type": "plain_text", "text": "x" * 201}}],
    "a card of four actions": [{"type": "card", "actions": [BUTTON] * 4}],
    "26 elements": [{"type": "actions", "elements": [BUTTON] * 26}],
    "a button's text of 76": [{"type": "actions", "elements": [BUTTON | {"text": LONG}]}],
    "a button's value of 2,001": [{"type": "actions", "elements": [BUTTON | {"value": "x" * 2001}]}],
    "a table of one row": [table(1, 2)],
    "a table of 202 rows": [table(202, 1)],
    "a table of 21 columns": [table(2, 21)],
    "a table of 20,001 characters": [table(2, 1, "x" * 10_001)],
    "51 tasks": [{"type": "plan", "title": "p", "tasks": [TASK | {"task_id": str(n)} for n in range(51)]}],
    "two tasks of one id": [{"type": "plan", "title": "p", "tasks": [TASK] * 2}],
    "a pending task alone": [{"type": "task_card", "task_id": "1", "title": "t", "status": "pending"}],
    "eleven blocks in a container": [
        {"type": "container", "title": {"type": "plain_text", "text": "t"}, "child_blocks": [section("x")] * 11}
    ],
    "a block that there is not": [{"type": "banner"}],
    "a field that there is not": [{"type": "divider", "colour": "red"}],
    "an input in a message without its label": [{"type": "input", "element": {"type": "plain_text_input"}}],
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_blocks_that_break_a_rule_are_refused(client: WebClient, slack: Workspace, what: str) -> None:
    """As Slack does: with ``invalid_blocks``, and nothing is shown."""
    channel = slack.channel("ops").id

    assert refused(client.chat_postMessage, channel=channel, text="t", blocks=TOO_MUCH[what]) == "invalid_blocks"
    assert slack.messages == []


def test_all_blocks_together_have_a_limit_of_their_own(client: WebClient, slack: Workspace) -> None:
    """Each alone would do, and together they are too long."""
    channel = slack.channel("ops").id

    word = refused(client.chat_postMessage, channel=channel, text="t", blocks=[section("x" * 2900)] * 5)

    assert word == "msg_blocks_too_long"


def test_a_message_needs_its_text(client: WebClient, slack: Workspace) -> None:
    """Blocks alone say nothing to a notification."""
    message = {"channel": slack.channel("ops").id, "text": "", "blocks": [section("x")]}

    assert refused(client.api_call, api_method="chat.postMessage", json=message) == "no_text"


FIELD = {
    "ACTIONS": "ACTIONS_ELEMENTS_MAX_ITEMS",
    "ALERT": "ALERT_TEXT_MAX_LENGTH",
    "BLOCKS": "MESSAGE_BLOCKS_MAX_ITEMS",
    "BUTTON": "BUTTON_TEXT_MAX_LENGTH",
    "BUTTON_VALUE": "BUTTON_VALUE_MAX_LENGTH",
    "CARD_ACTIONS": "CARD_ACTIONS_MAX_ITEMS",
    "CARD_BODY": "CARD_BODY_MAX_LENGTH",
    "CARD_TITLE": "CARD_TITLE_MAX_LENGTH",
    "CHARTS": "MESSAGE_DATA_VISUALIZATIONS_MAX_ITEMS",
    "CHART_AXIS": "DATA_VISUALIZATION_AXIS_LABEL_MAX_LENGTH",
    "CHART_LABEL": "DATA_VISUALIZATION_POINT_LABEL_MAX_LENGTH",
    "CHART_POINTS": "DATA_VISUALIZATION_DATA_MAX_ITEMS",
    "CHART_SERIES": "DATA_VISUALIZATION_SERIES_MAX_ITEMS",
    "CHART_TITLE": "DATA_VISUALIZATION_TITLE_MAX_LENGTH",
    "CONFIRM_BUTTON": "CONFIRMATION_CONFIRM_MAX_LENGTH",
    "CONFIRM_TEXT": "CONFIRMATION_TEXT_MAX_LENGTH",
    "CONFIRM_TITLE": "CONFIRMATION_TITLE_MAX_LENGTH",
    "CONTAINER_BLOCKS": "CONTAINER_CHILD_BLOCKS_MAX_ITEMS",
    "CONTEXT": "CONTEXT_ELEMENTS_MAX_ITEMS",
    "DATA_TABLE_CHARACTERS": "DATA_TABLE_CONTENT_MAX_LENGTH",
    "DATA_TABLE_ROWS": "DATA_TABLE_ROWS_MAX_ITEMS",
    "FIELD": "SECTION_FIELDS_ITEM_MAX_LENGTH",
    "FIELDS": "SECTION_FIELDS_MAX_ITEMS",
    "HEADER": "HEADER_TEXT_MAX_LENGTH",
    "ID": "ACTION_ID_MAX_LENGTH",
    "LABEL": "INPUT_LABEL_MAX_LENGTH",
    "MARKDOWN": "MARKDOWN_TEXT_MAX_LENGTH",
    "METADATA": "VIEW_PRIVATE_METADATA_MAX_LENGTH",
    "OPTION": "OPTION_TEXT_MAX_LENGTH",
    "OPTIONS": "SELECT_OPTIONS_MAX_ITEMS",
    "OPTION_VALUE": "OPTION_VALUE_MAX_LENGTH",
    "PLACEHOLDER": "SELECT_PLACEHOLDER_MAX_LENGTH",
    "SECTION": "SECTION_TEXT_MAX_LENGTH",
    "TABLE_ROWS": "TABLE_ROWS_MAX_ITEMS",
    "TASKS": "PLAN_TASKS_MAX_ITEMS",
    "VIEW_BLOCKS": "VIEW_BLOCKS_MAX_ITEMS",
    "VIEW_TITLE": "VIEW_TITLE_MAX_LENGTH",
}


def test_the_table_of_limits_is_that_of_the_field() -> None:
    """What slackblocks has read from Slack's pages is what is enforced here."""
    shared = {name: getattr(limits, ours) for ours, name in FIELD.items()}

    assert shared == {name: getattr(_limits, name) for name in FIELD.values()}


def test_a_sixth_message_at_once_must_wait(client: WebClient, slack: Workspace, clock: HandClock) -> None:
    """With 429, and Retry-After; a second later there is room for one."""
    channel = slack.channel("ops").id
    for number in range(5):
        client.chat_postMessage(channel=channel, text=str(number))

    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=channel, text="6")
    clock.advance(1)
    client.chat_postMessage(channel=channel, text="6")

    assert error.value.response.status_code == 429
    assert error.value.response.headers["Retry-After"] == "1"


def test_a_trigger_opens_one_view_within_three_seconds(client: WebClient, slack: Workspace, clock: HandClock) -> None:
    """A second view, and a late one, are refused."""
    view = {"type": "modal", "title": {"type": "plain_text", "text": "t"}, "blocks": [section("x")]}
    used, late = slack.triggers.make("U1"), slack.triggers.make("U1")

    client.views_open(trigger_id=used, view=view)
    again = refused(client.views_open, trigger_id=used, view=view)
    clock.advance(3.1)
    expired = refused(client.views_open, trigger_id=late, view=view)

    assert (again, expired) == ("exchanged_trigger_id", "expired_trigger_id")
    assert refused(client.views_open, trigger_id="1.2.3", view=view) == "invalid_trigger_id"


def test_a_response_url_takes_five_answers_within_thirty_minutes(slack: Workspace, clock: HandClock) -> None:
    """The sixth, and a late one, get 404."""
    channel, user = slack.channel("ops"), slack.user("alice")
    place = Place(channel=channel.id, user=user.id)
    first, second = (f"{slack.server.url}/response/{slack.addresses.make(place)}" for _ in range(2))

    answers = [WebhookClient(first).send(text=str(number)) for number in range(6)]
    clock.advance(1801)
    late = WebhookClient(second).send(text="late")

    assert [answer.status_code for answer in answers] == [200] * 5 + [404]
    assert (answers[-1].body, late.body) == ("used_url", "expired_url")
    assert {one.seen_by for one in slack.messages} == {user.id}


def test_a_file_goes_up_in_three_calls(client: WebClient, slack: Workspace) -> None:
    """Announced, sent, completed; one that was never sent cannot be completed."""
    channel = slack.channel("ops")

    client.files_upload_v2(channel=channel.id, filename="log.txt", content="one\ntwo", title="Log")
    announced = client.files_getUploadURLExternal(filename="x.txt", length=3)["file_id"]
    unsent = refused(client.files_completeUploadExternal, files=[{"id": announced, "title": "x"}])

    assert slack.messages[0].documents[0].content == b"one\ntwo"
    assert unsent == "file_update_failed"


def test_a_token_that_is_not_the_bots_is_refused(slack: Workspace) -> None:
    """And so is a call for which there is no scope."""
    stranger = WebClient("xoxb-other", base_url=slack.base_url)

    assert refused(stranger.auth_test) == "invalid_auth"


def test_slack_fails_on_demand(client: WebClient, slack: Workspace) -> None:
    """A number of calls, with the error that is asked for."""
    channel = slack.channel("ops").id
    slack.trouble("chat.*", error="fatal_error", times=1)

    failed = refused(client.chat_postMessage, channel=channel, text="one")
    client.chat_postMessage(channel=channel, text="two")

    assert failed == "fatal_error"
    assert [one.text for one in slack.messages] == ["two"]


def test_a_workspace_can_be_without_the_newest_blocks() -> None:
    """So that a fallback is seen to work."""
    with pytest.raises(Exception, match="unsupported type: data_table"):
        check_blocks([table(2, 1)], "message", without=frozenset({"data_table"}))


def test_a_person_signs_what_they_send(slack: Workspace) -> None:
    """By the secret of the workspace, and the time of now."""
    person = Person(slack=slack, user=slack.user("alice"), channel=slack.channel("ops"), url="http://127.0.0.1:9/")

    with pytest.raises(OSError, match="refused"):
        person.command("apps")
    assert time.time() > 0
