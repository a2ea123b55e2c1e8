"""Results are text for people and JSON for programs, and drive no terminal."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from unit.shell.conftest import Terminal

from cloudkit import App, Cloud
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.check import Check
from cloudkit.model.finding import Finding, Severity
from cloudkit.model.log import Event, LogLine
from cloudkit.model.reference import Reference
from cloudkit.model.secret import Secret
from cloudkit.model.state import AppState, Revision
from cloudkit.model.task import TaskResult, Usage
from cloudkit.shell.output import Output

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
HOSTILE = "\x1b[31mred\x1b[0m \x1b]0;owned\x07 \u202egnirts\r"
USAGE = Usage(
    replica="web-1", cpu=0.5, memory=96 << 20, memory_limit=100 << 20, received=2048, sent=1, pids=3, observed_at=NOON
)


def shown(result: object, kind: type | None = None) -> str:
    """Return what goes to a pipe."""
    stream = io.StringIO()
    Output(stream).show(result, kind)
    return stream.getvalue()


def as_json(result: object) -> object:
    """Return what a program reads."""
    stream = io.StringIO()
    Output(stream, json=True).show(result)
    return json.loads(stream.getvalue())


def test_a_list_of_apps_is_a_table(cloud: Cloud, web: App) -> None:
    """One row an app, no trailing blanks, nothing cut."""
    header, row = shown(cloud.apps()).splitlines()

    assert header.split() == ["NAME", "KIND", "READY", "STATUS", "REVISION", "AGE", "URL", "IMAGE"]
    assert row.split()[:5] == ["web", "service", "3/3", "ready", "1"]
    assert web.url in row
    assert row == row.rstrip()


def test_an_app_of_an_image_that_has_no_tag_is_shown_by_its_digest(web: App) -> None:
    """In the table, in the card, and among its revisions."""
    state = web.status()
    pinned = Reference.parse(f"registry.example/web@sha256:{'ab' * 32}")
    untagged = replace(state, spec=state.spec.replace(image=pinned))
    revision = Revision(number=1, spec=untagged.spec, created_at=NOON)

    texts = [shown([untagged], AppState), shown(untagged), shown([revision], Revision)]

    assert all("registry.example/web@abababababab" in text for text in texts)


def test_an_empty_list_keeps_its_header(cloud: Cloud) -> None:
    """A script finds the same columns whether or not something is there."""
    assert shown(cloud.apps(), AppState).split()[:3] == ["NAME", "KIND", "READY"]


def test_one_app_is_a_card_with_its_replicas_and_the_cause(web: App) -> None:
    """What is wrong stands below, with the evidence and the fix."""
    cause = Cause(code=CauseCode.EXITED, summary="web-1 exited with 1", evidence=("boom",), fix="cloudkit logs web")

    text = shown(replace(web.status(), cause=cause))

    assert "status    ready (3/3)" in text
    assert text.count("web-1-") == 3
    assert text.endswith("exited: web-1 exited with 1\n  | boom\n  try: cloudkit logs web\n")


def test_a_handle_is_its_own_one_line(web: App) -> None:
    """What a prompt shows, without the brackets."""
    assert shown(web).strip() == repr(web).strip("<>")


def test_nothing_and_an_exit_code_print_nothing() -> None:
    """A verb that only acts leaves the output empty."""
    assert shown(None) + shown(0) == ""


@pytest.mark.parametrize(
    ("result", "parts"),
    [
        ((USAGE,), ("web-1", "0.50", "████████ 96 MiB / 100 MiB", "2 KiB", "1 B")),
        ((replace(USAGE, received=None, sent=None, pids=None),), ("web-1", "0.50", "-", "-", "-")),
        ((Check(name="buildx", ok=False, detail="not there", fix="apt-get install it"),), ("missing", "apt-get")),
        ((Finding(code="c", severity=Severity.ERROR, line=3, text="bad", fix="good"),), ("3  error", "bad", "good")),
        ((Event(time=NOON, app="web", object="web-1", action="die", message="137"),), ("web-1", "die", "137")),
        ("one\ntwo", ("one\ntwo",)),
    ],
)
def test_each_kind_of_state_has_its_columns(result: object, parts: Sequence[str]) -> None:
    """Bars, checks, findings, events, plain text."""
    text = shown(result)

    assert [part for part in parts if part not in text] == []


def test_revisions_and_images_are_tables(cloud: Cloud, web: App) -> None:
    """The current revision is marked; an image has its size and its short digest."""
    assert "current" in shown(web.revisions())
    assert cloud.images()[0].digest.short in shown(cloud.images())


def test_a_plan_shows_its_steps_and_what_changes(cloud: Cloud, web: App) -> None:
    """Steps in order, fields before and after."""
    with cloud.planning() as plans:
        web.scale(5)

    text = shown(tuple(plans))

    assert "1. " in text
    assert "-replicas: 3" in text
    assert "+replicas: 5" in text


def test_a_plan_never_shows_a_secret(cloud: Cloud) -> None:
    """Neither as text nor as JSON."""
    image = cloud.image("web:1").pull()
    with cloud.planning() as plans:
        image.deploy("web", env={"TOKEN": Secret("hunter2")})

    assert "hunter2" not in shown(tuple(plans)) + json.dumps(as_json(plans))
    assert "***" in json.dumps(as_json(plans))


def test_the_output_of_a_command_goes_to_a_pipe_as_it_is() -> None:
    """So that it can be read back exactly."""
    result = TaskResult(command=("x",), exit_code=0, output=HOSTILE, duration=0.1)

    assert shown(result) == f"{HOSTILE}\n"


@pytest.mark.parametrize(
    "result",
    [
        TaskResult(command=("x",), exit_code=0, output=HOSTILE, duration=0.1),
        iter([LogLine(time=NOON, replica="web-1", text=HOSTILE)]),
        iter([Event(time=NOON, app="web", object=HOSTILE, action=HOSTILE)]),
        (Event(time=NOON, app="web", object=HOSTILE, action=HOSTILE),),
        HOSTILE,
        Cause(code=CauseCode.EXITED, summary=HOSTILE, evidence=(HOSTILE,), fix=HOSTILE),
    ],
)
def test_hostile_text_does_not_drive_a_terminal(terminal: Terminal, result: object) -> None:
    """No title, no turned text, no carriage return; the program's own colours are dropped."""
    Output(terminal, colour=False).show(result)

    text = terminal.getvalue()
    assert "gnirts" in text
    assert not {"\x07", "\u202e", "\r", "\x1b]"} & {text[i : i + n] for n in (1, 2) for i in range(len(text))}
    assert "\x1b[31mred" not in text


def lines() -> Iterator[LogLine]:
    """Two lines of two replicas."""
    yield LogLine(time=NOON, replica="web-1", text="hello")
    yield LogLine(time=NOON, replica="web-2", text="oops", stream="stderr")


def test_log_lines_carry_their_replica() -> None:
    """As compose shows them."""
    assert shown(lines()) == "web-1 | hello\nweb-2 | oops\n"


def test_each_replica_has_a_colour_of_its_own_on_a_terminal(terminal: Terminal) -> None:
    """And none where there is no terminal."""
    Output(terminal).show(lines())

    first, second = terminal.getvalue().splitlines()
    assert first.startswith("\x1b[36mweb-1 | ")
    assert second.startswith("\x1b[35mweb-2 | ")


@pytest.mark.parametrize("variable", ["NO_COLOR", "TERM"])
def test_no_colours_where_the_environment_says_no(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """NO_COLOR with any value, and a terminal that knows none."""
    monkeypatch.setenv(variable, "dumb")

    Output(terminal).show(lines())

    assert "\x1b" not in terminal.getvalue()


def test_a_stream_in_json_is_one_object_a_line() -> None:
    """Each can be read before the next has come."""
    stream = io.StringIO()

    Output(stream, json=True).show(lines())

    objects = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert objects[1] == {
        "time": "2026-01-02T12:00:00+00:00",
        "replica": "web-2",
        "text": "oops",
        "stream": "stderr",
    }


def test_an_app_in_json_has_what_it_computes_beside_its_fields(cloud: Cloud, web: App) -> None:
    """Name, phase and numbers first; times in ISO 8601, references as text."""
    (app,) = as_json(cloud.apps())  # type: ignore[misc]  # a list of one

    assert (app["name"], app["phase"], app["ready"], app["wanted"], app["settled"]) == ("web", "ready", 3, 3, True)
    assert datetime.fromisoformat(app["observed_at"]).tzinfo is not None
    assert app["spec"]["image"].startswith("docker.io/library/web:1@sha256:")
    assert {replica["phase"] for replica in app["replicas"]} == {"ready"}
    assert app["url"] == web.url


def test_json_is_ascii_whatever_a_program_printed() -> None:
    """So that it drives no terminal either."""
    stream = io.StringIO()

    Output(stream, json=True).show(LogLine(time=NOON, replica="web-1", text=HOSTILE))

    assert stream.getvalue().isascii()
    assert "\x1b" not in stream.getvalue()


def test_a_file_goes_to_a_pipe_as_it_is(cloud: Cloud, web: App) -> None:
    """So that it can be kept, and read back; at a prompt it is shown line by line."""
    image = web.status().spec.image
    cloud.deploy("web", str(image), port=3000, env={"LONG": "x" * 20_000})
    written = cloud.export("web", form="python")

    assert shown(written) == str(written)
    assert "x" * 20_000 in shown(written)
    assert set(written._repr_mimebundle_()) == {"text/plain", "text/html"}
