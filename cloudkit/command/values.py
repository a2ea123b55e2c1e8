"""Texts turned into the values that a verb's types ask for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

from cloudkit.errors import UsageError
from cloudkit.model.convert import flag, integer, words
from cloudkit.model.duration import moment, seconds
from cloudkit.model.refusal import refusal
from cloudkit.verbs import Arity, Parameter, Shape

__all__ = ["choice_text", "gathered", "value_of"]

_DECIMAL = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,18})?\Z", re.ASCII)


def value_of(parameter: Parameter, text: str) -> Any:  # noqa: ANN401 # what the parameter's type says
    """Turn one text into one value, or one key and its value.

    Raises:
        UsageError: It is none; the error says what is allowed.
    """
    shape = parameter.shape or Shape(kinds=(str,))
    if parameter.words:
        return words(parameter.option, text)
    if shape.arity is not Arity.PAIRS:
        return single(parameter.option, shape, text)
    key, equals, value = text.partition("=")
    if not equals or not key or (parameter.from_file and not value):
        form = "PATH=FILE" if parameter.from_file else "KEY=VALUE"
        raise UsageError(f"{parameter.option} is not of the form {form}", hint=f"--{parameter.option} {form}")
    if parameter.from_file:
        return key, Path(value)
    return key, single(f"{parameter.option} {key}", shape, value)


def gathered(parameter: Parameter, values: Sequence[Any]) -> Any:  # noqa: ANN401 # what the parameter's type says
    """Turn all values that were given for a parameter into the one that the verb takes."""
    shape = parameter.shape or Shape(kinds=(str,))
    if parameter.words:
        return tuple(word for value in values for word in value)
    if shape.arity is Arity.PAIRS:
        return dict(values)
    return values[0] if shape.single and len(values) == 1 else tuple(values)


def single(field: str, shape: Shape, text: str) -> Any:  # noqa: ANN401 # what the shape says
    for choice in shape.choices:
        if choice_text(choice) == text:
            return choice
    if str in shape.kinds:
        return text  # what takes a text reads it itself
    refused: list[UsageError] = []
    for kind in shape.kinds:
        try:
            return READERS.get(kind, parsed(kind))(field, text)
        except UsageError as error:
            refused.append(error)
    if len(refused) == 1 and not shape.choices:
        raise refused[0]
    allowed = [*map(choice_text, shape.choices), *(kind.__name__ for kind in shape.kinds)]
    raise refusal(field, text, " or ".join(filter(None, [", ".join(allowed[:-1]), *allowed[-1:]])))


def choice_text(choice: object) -> str:
    """Return how a choice is written."""
    return str(choice.value if isinstance(choice, Enum) else choice)


def parsed(kind: type[Any]) -> Callable[[str, str], Any]:
    return lambda _field, text: kind.parse(text)


def decimal(field: str, text: str) -> float:
    """Read a number, or a span of time in seconds."""
    return float(text) if _DECIMAL.match(text) else seconds(field, text)


READERS: dict[type[Any], Callable[[str, str], Any]] = {
    bool: flag,
    int: integer,
    float: decimal,
    Path: lambda _field, text: Path(text),
    datetime: moment,
    timedelta: lambda field, text: timedelta(seconds=seconds(field, text)),
}
