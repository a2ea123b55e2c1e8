"""What is kept of a call's arguments, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudkit.journal.redact import _text, redacted, scrubbed
from cloudkit.model.calling import GivenCall
from cloudkit.model.secret import Secret


def method(self: object, name: str, *command: str, wait: bool = True, **options: object) -> None:
    """Stand for any verb."""


def given(*positional: object, **keywords: object) -> dict[str, str]:
    """Return what is kept of a call."""
    return redacted(GivenCall(method, (object(), *positional), keywords))


def test_what_was_given_is_kept_by_name() -> None:
    """Defaults were not given, nor was None."""
    assert given("web", port=8080, cpu=None) == {"name": "web", "port": "8080"}
    assert given("web", "ls", "-l", wait=False) == {"name": "web", "command": "ls -l", "wait": "False"}
    assert given("web", source=Path("/a")) == {"name": "web", "source": "/a"}


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"env": {"A": "1", "B": Secret("2")}}, {"env": "A=***,B=***"}),
        ({"env": ["A=1"]}, {"env": "***"}),
        ({"secrets": {"key": "1"}, "config": {"/a": "text"}}, {"secrets": "key=***", "config": "/a=***"}),
        ({"stdin": b"12345"}, {"stdin": "5 bytes"}),
        ({"label": {"a": "b"}}, {"label": "a=b"}),
        ({"token": Secret("1")}, {"token": "***"}),
    ],
)
def test_what_may_be_secret_is_not(value: dict[str, object], kept: dict[str, str]) -> None:
    """Names are, values are not."""
    assert given("web", **value) == {"name": "web"} | kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("--token=abc", "--token=***"),
        ("PGPASSWORD=abc psql", "PGPASSWORD=*** psql"),
        ('{"api_key": "a b"}', '{"api_key": ***}'),
        ("curl -H 'Authorization: Bearer abc'", "curl -H 'Authorization: ***"),
        ("psql postgres://me:abc@db/x", "psql postgres://me:***@db/x"),
        ("ls -l /srv", "ls -l /srv"),
    ],
)
def test_a_secret_in_a_command_is_found_by_its_looks(text: str, kept: str) -> None:
    """As people write them."""
    assert scrubbed(text) == kept


def test_the_word_after_a_flag_is_hidden() -> None:
    """Where the flag asks for a secret."""
    assert given("web", "login", "--password", "abc", "-v")["command"] == "login --password *** -v"


def test_an_empty_list_is_kept_as_nothing() -> None:
    """Whoever gives no words gives nothing that is secret."""
    assert _text("restart", []) == ""


def test_a_long_argument_is_cut() -> None:
    """A journal is no archive."""
    assert len(given("web", "x" * 10_000)["command"]) == 500


def test_a_call_that_is_wrong_keeps_nothing() -> None:
    """The method itself is about to say what is wrong."""
    assert redacted(GivenCall(method, (), {})) == {}
