"""A line of words means a call, or it is refused with the line that was likely meant."""

from __future__ import annotations

import shlex
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.verbs.garden import GARDEN, Garden, Soil

from cloudkit.command import Call, Help, invoke, parse
from cloudkit.errors import UsageError
from cloudkit.shell import grammar


def call(line: str) -> Call:
    """Read a line that means a call."""
    meant = parse(GARDEN, shlex.split(line), program="garden")
    assert isinstance(meant, Call)
    return meant


def refusal(line: str) -> UsageError:
    """Return what a line is refused with."""
    with pytest.raises(UsageError) as refused:
        parse(GARDEN, shlex.split(line), program="garden")
    return refused.value


def test_a_verb_of_a_handle_takes_the_handles_name_first() -> None:
    """Then its own arguments, each of its type; what is not given is not there."""
    meant = call("water rose 2.5 --warm")

    assert (meant.verb.name, meant.target, meant.arguments) == ("water", "rose", {"litres": 2.5, "warm": True})


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("water rose 1", {"litres": 1.0}),
        ("water rose 1 --no-gently", {"litres": 1.0, "gently": False}),
        ("water rose 1 --every 1h30m", {"litres": 1.0, "every": 5400.0}),
        ("water --every=90 rose 1", {"litres": 1.0, "every": 90.0}),
        ("sow rose", {"name": "rose"}),
        ("sow rose packet.zip", {"name": "rose", "seed": Path("packet.zip")}),
        ("sow rose -d 3 --soil sand", {"name": "rose", "depth": 3, "soil": Soil.SAND}),
        ("sow rose --notes a=1 --notes b=x=y", {"name": "rose", "notes": {"a": "1", "b": "x=y"}}),
        ("sow rose --colours red --colours blue", {"name": "rose", "colours": ("red", "blue")}),
        ("sow rose --song \"la 'la la'\"", {"name": "rose", "song": ("la", "la la")}),
        ("sow rose --no-light", {"name": "rose", "light": False}),
        ("blooms --order age -n 2", {"order": "age", "limit": 2}),
        ("watch-grow rose --since 10m", {"since": "10m"}),
    ],
)
def test_options_have_the_type_of_their_parameter(line: str, arguments: dict[str, Any]) -> None:
    """Numbers, durations, choices, paths, pairs, repeated values and switches."""
    meant = call(line)

    assert meant.arguments == arguments


@pytest.mark.parametrize(
    "line",
    ["tell -s rose ls -s --times 3", "tell rose -s -- ls -s --times 3", "tell rose --softly ls -s --times 3"],
)
def test_the_words_of_a_command_keep_their_own_options(line: str) -> None:
    """Once the first of them is read, nothing is an option of the verb any more."""
    meant = call(line)

    assert meant.arguments == {"softly": True, "words": ("ls", "-s", "--times", "3")}


def test_an_option_with_a_value_before_the_command_is_the_verbs() -> None:
    """Its value is not taken for the command."""
    meant = call("tell --times 2 rose grow --times 9")

    assert meant.arguments == {"times": 2, "words": ("grow", "--times", "9")}


def test_options_may_follow_any_number_of_names() -> None:
    """Words that are no command have no options of their own."""
    meant = parse(grammar.catalogue(), ["apply", "a.yaml", "b.yaml", "--prune", "--name", "shop"], program="cloudkit")

    assert isinstance(meant, Call)
    assert meant.arguments == {"wanted": (Path("a.yaml"), Path("b.yaml")), "prune": True, "name": "shop"}


def test_a_call_is_carried_out_on_the_handle_that_it_names() -> None:
    """Positional, variadic and keyword arguments arrive as Python has them."""
    garden = Garden("rose")

    for line in ("water rose 2 --warm", "tell rose grow up", "sow lily -d 4"):
        invoke(call(line), garden)

    assert garden.calls == [
        ("water", "rose", 2.0, True, True, None),
        ("tell", "rose", ("grow", "up"), False, 1),
        ("sow", "lily", None, {"depth": 4}),
    ]


@pytest.mark.parametrize(
    ("line", "summary", "hint"),
    [
        ("watter rose 2", "garden has no command 'watter'; did you mean 'water'?", "garden water rose 2"),
        ("xyzzy", "garden has no command 'xyzzy'", "garden --help"),
        ("water rose 2 --wram", "garden has no option '--wram'; did you mean '--warm'?", "garden water rose 2 --warm"),
        ("water rose", "garden water needs LITRES: How much", "garden water [OPTIONS] NAME LITRES"),
        ("water", "garden water needs NAME: The plant's name", "garden water [OPTIONS] NAME LITRES"),
        ("water rose many", "litres is 'many'; allowed is seconds", ""),
        ("sow rose -d x", "depth is 'x'; allowed is a whole number", ""),
        ("sow rose -d nan", "depth is 'nan'; allowed is a whole number", ""),
        ("sow rose --soil mud", "soil is 'mud'; allowed is loam or sand", ""),
        ("sow rose --notes plain", "notes is not of the form KEY=VALUE", "--notes KEY=VALUE"),
        ("blooms extra", "garden blooms: Got unexpected extra argument (extra)", "garden blooms [OPTIONS]"),
        ("blooms -n", "garden blooms: Option '-n' requires an argument", "garden blooms [OPTIONS]"),
        (
            'sow rose --song "it\'s"',
            'song is "it\'s"; allowed is a line whose quotes are closed',
            "no closing quotation",
        ),
    ],
)
def test_a_wrong_line_is_refused_with_the_right_one(line: str, summary: str, hint: str) -> None:
    """What is wrong, what was likely meant, and how the line reads then."""
    error = refusal(line)

    assert error.summary.startswith(summary)
    assert error.hint == hint


def test_a_refused_line_does_not_show_values_that_may_be_secret() -> None:
    """What follows a ``=`` is left out of the proposed line."""
    error = refusal("sow rose --noets TOKEN=hunter2")

    assert error.hint == "garden sow rose --notes TOKEN=..."
    assert "hunter2" not in str(error)


@pytest.mark.parametrize("line", ["", "--help", "-h"])
def test_help_lists_the_verbs_by_their_handle(line: str) -> None:
    """It is returned, never printed."""
    meant = parse(GARDEN, shlex.split(line), program="garden")

    assert isinstance(meant, Help)
    assert meant.text.startswith("Usage: garden")
    assert meant.text.index("Garden:") < meant.text.index("sow NAME") < meant.text.index("Plant:")
    assert "water NAME LITRES" in meant.text


def test_the_help_of_a_verb_says_what_its_docstring_says() -> None:
    """Arguments, options, defaults and choices; no example."""
    meant = parse(GARDEN, ["sow", "--help"], program="garden")

    assert isinstance(meant, Help)
    for part in ("Sow a plant.", "NAME", "The packet.", "-d, --depth NUMBER", "[loam|sand]", "--notes KEY=VALUE"):
        assert part in meant.text


def test_help_never_leaves_the_process(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither help nor a refusal prints or ends anything."""
    for line in ("--help", "water --help", "nonsense", "water"):
        try:
            parse(GARDEN, shlex.split(line))
        except UsageError:
            continue

    assert capsys.readouterr() == ("", "")


@given(st.lists(st.text(max_size=20), max_size=8))
def test_any_words_are_read_or_refused(words: list[str]) -> None:
    """Nothing but a usage error comes out of reading."""
    try:
        meant = parse(GARDEN, words)
    except UsageError:
        return
    assert isinstance(meant, Call | Help)


def test_ten_thousand_characters_are_refused_without_being_repeated() -> None:
    """An error stays readable whatever was given."""
    for words in (["w" * 10_000], ["--" + "w" * 10_000], ["sow", "rose", "-d", "9" * 10_000], ["blooms", "w" * 10_000]):
        with pytest.raises(UsageError) as refused:
            parse(GARDEN, words)

        assert len(str(refused.value)) < 500


def test_since_is_handed_on_as_it_was_written() -> None:
    """What takes a text reads it itself; a time stays a text."""
    stamp = datetime(2026, 1, 2, 3, 4).isoformat()  # noqa: DTZ001 # written by a person, without a zone

    assert call(f"watch-grow rose --since {stamp}").arguments == {"since": stamp}
