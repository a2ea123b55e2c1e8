"""Answers hold to Slack's limits whatever they show, and carry nothing that was not meant."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from cloudkit import AppState, Cause, CauseCode, CloudkitError, Plan, RolloutError
from cloudkit.command import Help
from cloudkit.model.glance import Glance
from cloudkit.model.log import Event, LogLine
from cloudkit.model.plan import Action, ActionKind
from cloudkit.model.state import Replica, ReplicaPhase
from cloudkit.model.task import TaskResult, Usage
from cloudkit.testing import cloud
from cloudkit_bot import limits
from cloudkit_bot.blocks.buttons import app_buttons
from cloudkit_bot.blocks.results import Shown, answer
from cloudkit_bot.blocks.sheet import Answer, Look, Sheet
from cloudkit_bot.blocks.text import Redaction, bare, cut, escaped, units
from cloudkit_bot.testing import check_blocks
from cloudkit_bot.words.grammar import chat_catalogue

NOW = datetime(2026, 1, 31, 14, 5, tzinfo=UTC)
LOOKS = [Look(), Look(classic=True), Look(room=3_000)]
HOSTILE = "<!channel> <@U1|x> <https://evil|bank> *b* `c` \x1b[31mred\x1b]0;t\x07 \u202egnp.exe \x00 & ~s~ :bomb:"
texts = (
    some.text(max_size=40)
    | some.sampled_from([HOSTILE, "\U0001f600" * 4_000, "a long line " * 900, "many\nlines\n" * 400])
    | some.builds(str.__mul__, some.text(min_size=1, max_size=8), some.integers(1, 1_500))
)


def base() -> AppState:
    """Return an app as it is seen."""
    made = cloud()
    return made.deploy("web", "web:1", port=3000, publish=8080, replicas=2).status()


BASE = base()


@some.composite
def apps(draw: some.DrawFn) -> AppState:
    """Apps with any number of replicas, and anything in what others have written."""
    phases = some.sampled_from(ReplicaPhase)
    count = draw(some.sampled_from([0, 1, 3, 60, 400]))
    message, name = draw(texts), draw(texts)
    cause = draw(
        some.none()
        | some.builds(
            Cause,
            code=some.sampled_from(CauseCode),
            summary=texts,
            evidence=some.lists(texts, max_size=5).map(tuple),
            fix=texts,
        )
    )
    replica = replace(BASE.replicas[0], message=message, phase=draw(phases))
    replicas = tuple(replace(replica, name=f"{name}{index}", revision=9) for index in range(count))
    return replace(
        BASE, replicas=replicas, cause=cause, url=draw(some.sampled_from(["", "http://localhost:8080"]) | texts)
    )


@some.composite
def plans(draw: some.DrawFn) -> Plan:
    """Plans with any number of steps."""
    action = draw(some.builds(Action, kind=some.sampled_from(ActionKind), object=texts, name=texts, detail=texts))
    count = draw(some.sampled_from([0, 1, 50, 51, 300]))
    after = BASE.spec.replace(env={"A": draw(texts.filter(lambda text: "\x00" not in text))})
    return Plan(app="web", backend="memory", generation=1, before=BASE.spec, after=after, actions=(action,) * count)


lines = some.builds(LogLine, time=some.just(NOW), replica=some.text(max_size=80), text=texts)
causes = some.builds(
    Cause, code=some.sampled_from(CauseCode), summary=texts, evidence=some.lists(texts, max_size=9).map(tuple)
)
tasks = some.builds(
    TaskResult, command=some.just(("x",)), exit_code=some.integers(0, 255), output=texts, duration=some.just(1.0)
)
events = some.builds(Event, time=some.just(NOW), app=texts, object=texts, action=texts, message=texts)
usages = some.builds(
    Usage, replica=texts, cpu=some.floats(0, 500), memory=some.integers(0, 2**50),
    memory_limit=some.none() | some.integers(1, 2**50), received=some.none(), sent=some.none(), pids=some.none(),
    observed_at=some.just(NOW),
)  # fmt: skip


def many(drawn: tuple[Usage, int]) -> tuple[Usage, ...]:
    """Return what so many replicas use, each with a name of its own."""
    usage, count = drawn
    return tuple(replace(usage, replica=f"{usage.replica}{number}") for number in range(count))


def looked(drawn: tuple[Usage, int, int]) -> list[Glance]:
    """Return so many looks at so many replicas."""
    usage, count, looks = drawn
    used = many((usage, count))
    replicas = tuple(replace(BASE.replicas[0], name=one.replica) for one in used)
    app = replace(BASE, replicas=replicas)
    return [
        Glance(apps=(app,), usages=used, events=(), observed_at=NOW + timedelta(seconds=second))
        for second in range(looks)
    ]


results = (
    apps()
    | some.lists(apps(), max_size=3).map(tuple)
    | plans()
    | some.lists(plans(), max_size=2).map(tuple)
    | texts
    | texts.map(Help)
    | some.none()
    | tasks
    | some.builds(CloudkitError, texts, hint=texts, evidence=some.lists(texts, max_size=60))
    | some.builds(lambda summary, cause: RolloutError(summary, cause=cause), texts, causes)
    | some.tuples(lines, some.sampled_from([1, 30, 500])).map(lambda pair: [pair[0]] * pair[1])
    | some.lists(events, max_size=8)
    | some.tuples(usages, some.sampled_from([1, 2, 20, 21, 300])).map(many)
    | some.tuples(usages, some.sampled_from([1, 2, 12, 13, 90]), some.sampled_from([1, 2, 30])).map(looked)
)


def checked(made: Answer, look: Look) -> None:
    """A message that Slack takes, whose text is there."""
    check_blocks(list(made.blocks), "message")
    assert 0 < units(made.text) <= limits.TEXT
    allowed = {"section", "header", "context", "actions", "rich_text"}
    assert not look.classic or {block["type"] for block in made.blocks} <= allowed


@pytest.mark.parametrize("look", LOOKS, ids=["newest", "classic", "narrow"])
@settings(max_examples=30)
@given(result=results)
def test_every_limit_holds_for_any_result(look: Look, result: Any) -> None:
    """Whatever its size, and whatever others have written into it."""
    made = answer(Shown(result, kind=type(result), buttons=lambda app: app_buttons(app, CATALOGUE, BACKEND)), look)

    checked(made, look)


CATALOGUE, BACKEND = chat_catalogue(), cloud().backend


@settings(max_examples=30)
@given(result=results)
def test_nothing_of_others_is_read_as_markup(result: Any) -> None:
    """No mention, no link, no escape sequence, no control character, in any text that Slack reads marks in."""
    made = answer(Shown(result), Look())

    sent = json.dumps(made.blocks, ensure_ascii=False)
    assert '"mrkdwn"' not in sent
    assert "<!" not in made.text
    assert "<@" not in made.text
    assert not any(character in sent + made.text for character in "\x1b\x00\x07\u202e")


def test_what_does_not_fit_is_in_a_file_whole() -> None:
    """Five thousand lines: the last ones are seen, all are attached."""
    made = answer(Shown([LogLine(time=NOW, replica="web", text=f"line {number}") for number in range(5_000)]), Look())

    (attached,) = made.attached
    assert attached.text.splitlines()[0] == "web | line 0"
    assert len(attached.text.splitlines()) == 5_000
    assert "line 4999" in json.dumps(made.blocks)


def test_lines_that_are_many_are_opened_by_a_press() -> None:
    """A few stand open."""
    few, many = (
        answer(Shown([LogLine(time=NOW, replica="web", text=f"line {n}") for n in range(count)]), Look())
        for count in (25, 26)
    )

    assert [block["type"] for block in few.blocks] == ["rich_text"]
    assert [block["type"] for block in many.blocks] == ["container"]
    assert many.blocks[0]["default_collapsed"]


def test_a_long_table_says_how_much_of_it_is_seen() -> None:
    """And the whole of it is attached."""
    usage = [
        Usage(replica=f"web-{n}", cpu=0.1, memory=1, memory_limit=None, received=1, sent=1, pids=1, observed_at=NOW)
        for n in range(900)
    ]

    made = answer(Shown(tuple(usage), name="stats web"), Look())

    assert made.blocks[0]["type"] == "data_table"  # as so many bars do not fit
    assert "of 900 are shown; all are in stats web.txt" in json.dumps(made.blocks)
    files = {one.name: one for one in made.attached}
    assert len(files["stats web.txt"].text.splitlines()) == 901
    assert files["stats web.png"].content.startswith(PNG)


PNG = b"\x89PNG\r\n\x1a\n"


def test_what_replicas_use_is_drawn_as_bars() -> None:
    """Two charts, and the table below them; a client that draws none gets a picture in their place."""
    usage = Usage(
        replica="web-1", cpu=0.25, memory=2**25, memory_limit=2**26, received=1, sent=1, pids=1, observed_at=NOW
    )
    shown = Shown(many((usage, 3)), name="stats web")

    newest, classic = answer(shown, Look()), answer(shown, Look(classic=True))

    cpu, memory, table = newest.blocks
    assert [point["value"] for point in cpu["chart"]["series"][0]["data"]] == [0.25] * 3
    assert {series["name"]: series["data"][0]["value"] for series in memory["chart"]["series"]} == {
        "in use": 32.0,
        "limit": 64.0,
    }
    assert table["type"] == "data_table"
    assert newest.attached == ()
    assert [one.content[:8] for one in classic.attached] == [PNG]


def test_looks_are_drawn_as_lines_over_the_time() -> None:
    """A line for each replica, from the first look to the last."""
    usage = Usage(replica="web-", cpu=0.5, memory=2**20, memory_limit=None, received=1, sent=1, pids=1, observed_at=NOW)

    made = answer(Shown(looked((usage, 2, 30)), name="watch web"), Look())

    chart = made.blocks[0]["chart"]
    assert chart["type"] == "line"
    assert [series["name"] for series in chart["series"]] == ["web-0", "web-1"]
    assert chart["axis_config"]["categories"][0] == "14:05:00"
    assert chart["axis_config"]["categories"][-1] == "14:05:29"


def test_a_column_of_numbers_is_sorted_as_numbers() -> None:
    """Others are text."""
    made = answer(Shown((BASE,), name="apps"), Look())

    head, row = made.blocks[0]["rows"]
    kinds = {title["text"]: cell["type"] for title, cell in zip(head, row, strict=True)}
    assert (kinds["NAME"], kinds["REVISION"]) == ("raw_text", "raw_number")


def test_secrets_are_taken_out_of_what_is_shown() -> None:
    """Those that the bot knows, and what looks like one."""
    look = Look(redact=Redaction(["hunter2"]))
    line = LogLine(
        time=NOW, replica="web", text="pw hunter2 xoxb-1234567890-abc TOKEN=abc postgres://u:pw@db/x ghp_" + "a" * 36
    )

    made = answer(Shown([line]), look)

    sent = json.dumps(made.blocks) + made.text
    assert not any(secret in sent for secret in ("hunter2", "xoxb-1", "=abc", ":pw@", "ghp_a"))
    assert "TOKEN=***" in sent


def test_a_hint_is_a_line_of_the_chat() -> None:
    """What helps can be sent as it stands."""
    made = answer(Shown(CloudkitError("no", hint="cloudkit apps")), Look(program="/ops"))

    assert made.text == "no\ntry: /ops apps"


def test_no_replica_is_drawn_as_none() -> None:
    """An app without replicas has its card."""
    made = answer(Shown(replace(BASE, replicas=())), Look())

    assert [block["type"] for block in made.blocks] == ["card"]


@given(some.text(), some.integers(1, 50))
def test_a_text_is_cut_to_what_slack_counts(text: str, most: int) -> None:
    """Characters beyond the first plane count twice."""
    assert units(cut(text, most)) <= most
    assert cut(text, most) == text or cut(text, most).endswith("\u2026")


@given(some.text())
def test_an_escaped_text_opens_nothing(text: str) -> None:
    """No ``<`` is left, and what is bare stays so."""
    assert "<" not in escaped(text)
    assert bare(bare(text)) == bare(text)


def test_replicas_are_of_a_kind() -> None:
    """The strategies above draw what the model has."""
    assert isinstance(BASE.replicas[0], Replica)


def test_what_is_nothing_but_secrets_is_shown_as_that() -> None:
    """A title that shrinks to nothing while it is cleaned still has its characters."""
    shown = Sheet(Look()).clean(" ".join(["xoxb-1234567890-abcdefghij"] * 60), 20)

    assert 0 < units(shown) <= 20
    assert "xoxb" not in shown
