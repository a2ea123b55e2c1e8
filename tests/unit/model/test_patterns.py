"""Every pattern by which specs are read takes linear time, and means what it would mean without the trick."""

from __future__ import annotations

import importlib
import re
from re import _compiler, _constants, _parser  # type: ignore[attr-defined] # a parsed pattern has no public name
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

MODULES = ("app", "build", "convert", "duration", "names", "plain", "probe", "quantity", "reference", "shorthand")
TEXTS = st.text(st.sampled_from("aA0z9Zm_-./:@+%[]sdhexki \n\té"), max_size=40)
REPEATS = {_constants.MAX_REPEAT, _constants.MIN_REPEAT}


def _patterns() -> dict[str, re.Pattern[str]]:
    modules = {name: importlib.import_module(f"cloudkit.model.{name}") for name in MODULES}
    found = {f"{name}.{key}": value for name, module in modules.items() for key, value in vars(module).items()}
    return {name: value for name, value in found.items() if isinstance(value, re.Pattern)}


PATTERNS = _patterns()


def _parts(node: Any) -> list[tuple[Any, Any]]:
    """Return every operation of a parsed pattern with its arguments, however deep."""
    found: list[tuple[Any, Any]] = []
    for operation, arguments in node:
        found.append((operation, arguments))
        for part in _subpatterns(arguments):
            found += _parts(part)
    return found


def _subpatterns(arguments: Any) -> list[Any]:
    if isinstance(arguments, _parser.SubPattern):
        return [arguments]
    if isinstance(arguments, tuple | list):
        return [one for part in arguments for one in _subpatterns(part)]
    return []


def _patient(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """Return the same pattern with repetitions that do give back what they took."""
    parsed = _parser.parse(pattern.pattern, pattern.flags)
    _soften(parsed)
    made: re.Pattern[str] = _compiler.compile(parsed, pattern.flags)
    return made


def _soften(parsed: Any) -> None:
    for index, (operation, arguments) in enumerate(parsed.data):
        for part in _subpatterns(arguments):
            _soften(part)
        if operation is _constants.POSSESSIVE_REPEAT:
            parsed.data[index] = (_constants.MAX_REPEAT, arguments)


@pytest.mark.parametrize("name", PATTERNS)
def test_what_may_repeat_never_gives_back_what_it_took(name: str) -> None:
    """No input makes a pattern try again, however long it is: every repetition without end is possessive."""
    pattern = PATTERNS[name]

    parts = _parts(_parser.parse(pattern.pattern, pattern.flags))

    assert [
        arguments for operation, arguments in parts if operation in REPEATS and arguments[0] < arguments[1] > 1
    ] == []


@pytest.mark.parametrize("name", PATTERNS)
def test_no_group_is_captured_inside_a_possessive_repetition(name: str) -> None:
    """Python 3.11.2, which Debian 12 has, fails on such groups with a SystemError."""
    pattern = PATTERNS[name]

    parts = _parts(_parser.parse(pattern.pattern, pattern.flags))
    inner = [
        part
        for operation, arguments in parts
        if operation is _constants.POSSESSIVE_REPEAT
        for part in _parts(arguments[2])
    ]

    assert [part for part in inner if part[0] is _constants.SUBPATTERN and part[1][0] is not None] == []


@pytest.mark.parametrize("name", PATTERNS)
@settings(max_examples=30)
@given(data=st.data())
def test_possessive_patterns_match_what_patient_ones_match(name: str, data: st.DataObject) -> None:
    """Refusing to give back loses no match, on every Python that cloudkit supports."""
    pattern, patient = PATTERNS[name], _patient(PATTERNS[name])
    text = data.draw(TEXTS | st.from_regex(pattern, fullmatch=True))

    found, expected = pattern.fullmatch(text), patient.fullmatch(text)

    assert (found and found.groupdict()) == (expected and expected.groupdict())
