"""What is shown of foreign and secret things is short and harmless."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudkit.model.frozen import FrozenMapping
from cloudkit.model.log import Event, LogLine
from cloudkit.model.plain import plain
from cloudkit.model.refusal import shown
from cloudkit.model.secret import Secret
from cloudkit.model.task import TaskResult, Usage

NOW = datetime(2026, 1, 31, 14, 5, tzinfo=UTC)


@given(st.text())
def test_plain_text_steers_nothing(text: str) -> None:
    """No control character is left but the tab; what is printable stays as it is."""
    line = plain(text)

    assert plain(line) == line
    assert all(character == "\t" or character.isprintable() or ord(character) >= 0xA0 for character in line)
    assert not text.isprintable() or line == text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\rb", r"a\rb"),
        ("\u202egnp", r"\u202egnp"),
        ("\x9b1m", r"\x9b1m"),
        ("é ✓\t", "é ✓\t"),
    ],
    ids=["escape", "return", "bidirectional", "C1", "harmless"],
)
def test_what_could_steer_a_terminal_is_written_out(text: str, line: str) -> None:
    """Escapes, carriage returns and marks that turn text round."""
    assert plain(text) == line
    assert str(LogLine(time=NOW, replica="web-1", text=text)) == f"web-1 | {line}"


def test_an_event_in_one_line() -> None:
    """When, to what, and what."""
    event = Event(time=NOW, app="web", object="web-1", action="die", message="exit code 1\n")

    assert str(event) == r"2026-01-31 14:05:00+0000 web: web-1 die, exit code 1\n"


def test_usage_in_one_line() -> None:
    """Cores and mebibytes."""
    usage = Usage(
        replica="web-1", cpu=0.254, memory=35_756_441, memory_limit=2**28, received=0, sent=0, pids=12, observed_at=NOW
    )  # fmt: skip

    assert str(usage) == "web-1 0.25 cores, 34.1 MiB of 256.0 MiB, 12 processes"
    assert str(replace(usage, pids=None)) == "web-1 0.25 cores, 34.1 MiB of 256.0 MiB"


def test_the_repr_of_a_result_is_short() -> None:
    """An output of megabytes does not fill a prompt."""
    result = TaskResult(command=("npm", "test"), exit_code=0, output="x" * 10_000_000, duration=1.23456)

    assert len(repr(result)) < 400


@given(
    st.recursive(
        st.none() | st.integers() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_an_error_shows_is_cut(value: object) -> None:
    """However much was given."""
    assert len(shown(value)) <= 200


@pytest.mark.parametrize(
    "value", ["x" * 10**6, b"x" * 10**6, 10**5000, -(10**5000), [10**5000], {"a": 10**5000}], ids=range(6)
)
def test_an_error_shows_something_of_anything(value: object) -> None:
    """Numbers that Python refuses to write out are no exception."""
    assert 0 < len(shown(value)) <= 200


def test_a_secret_shows_itself_to_reveal_alone() -> None:
    """Every other way to look at it shows stars."""
    secret = Secret("hunter2")

    assert {repr(secret), str(secret), f"{secret}", f"{secret:>3}", "%s" % secret} == {"Secret('***')", "***"}  # noqa: UP031 # one of the ways
    assert secret.reveal() == "hunter2"


def test_a_secret_is_copied_but_not_pickled() -> None:
    """A copy stays in this process; a pickle would write it somewhere."""
    secret = Secret("hunter2")

    assert copy.deepcopy({"a": secret}) == {"a": secret}
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)


def test_a_frozen_mapping_is_a_mapping_that_stays() -> None:
    """Equal to a dictionary of the same items in any order, joined like one, never changed."""
    frozen = FrozenMapping({"a": 1, "b": 2})

    assert frozen == {"b": 2, "a": 1}
    assert frozen | {"b": 3} == {"a": 1, "b": 3}
    assert hash(frozen) == hash(FrozenMapping({"b": 2, "a": 1}))
    assert repr(frozen) == "{'a': 1, 'b': 2}"
    assert not hasattr(frozen, "__setitem__")
