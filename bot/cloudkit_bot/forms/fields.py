"""A parameter as a field of a form, and what was filled in as words of a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from slackblocks import (
    CheckboxGroup,
    DateTimePicker,
    Element,
    ExternalMultiSelectMenu,
    ExternalSelectMenu,
    InputBlock,
    NumberInput,
    Option,
    PlainText,
    PlainTextInput,
    StaticSelectMenu,
)

from cloudkit.command.values import choice_text
from cloudkit.errors import UsageError
from cloudkit.verbs import Arity, Kind, Parameter, Shape
from cloudkit_bot import limits
from cloudkit_bot.blocks.text import cut

__all__ = ["NAMES", "field", "words_of"]

NAMES = "names"  # what the action_id of a menu of live names begins with
VALUE = "value"
ON, OFF = "yes", "no"


def field(parameter: Parameter, *, given: str = "", target: bool = False) -> InputBlock | None:
    """Return the input for a parameter; None where no text can give it.

    Args:
        parameter: Which one.
        given: What it begins with.
        target: True for the name of what the verb is called on.
    """
    if parameter.shape is None or parameter.from_file:
        return None
    needed = parameter.required or target
    return InputBlock(
        label=cut(parameter.option.replace("-", " ").capitalize(), limits.LABEL),
        element=element(parameter, parameter.shape, given),
        block_id=parameter.option,
        hint=cut(parameter.help.replace("``", ""), limits.HINT) or None,
        optional=not needed,
    )


def element(parameter: Parameter, shape: Shape, given: str) -> Element:
    """The element that fits a parameter's type."""
    if parameter.names is not None:
        return names(parameter, shape, given)
    if shape.switch:
        return switch(parameter)
    if shape.choices and not shape.kinds:
        options = [Option(PlainText(text), text) for text in map(choice_text, shape.choices)]
        return StaticSelectMenu(action_id=VALUE, options=options[: limits.OPTIONS])
    if datetime in shape.kinds and shape.arity is Arity.ONE:
        return DateTimePicker(action_id=VALUE)
    if shape.kinds == (int,) and shape.arity is Arity.ONE:
        return NumberInput(is_decimal_allowed=False, action_id=VALUE, initial_value=given or None)
    several = shape.arity is not Arity.ONE or parameter.kind is Kind.VARIADIC
    return PlainTextInput(
        action_id=VALUE, multiline=several, initial_value=given or None, placeholder=placeholder(parameter, shape)
    )


def names(parameter: Parameter, shape: Shape, given: str) -> Element:
    """A menu of what is there now."""
    action = f"{NAMES}:{parameter.names.__name__}" if parameter.names else NAMES
    if shape.arity is not Arity.ONE:
        return ExternalMultiSelectMenu(action_id=action, min_query_length=0)
    chosen = Option(PlainText(cut(given, limits.OPTION)), given) if given else None
    return ExternalSelectMenu(action_id=action, min_query_length=0, initial_option=chosen)


def switch(parameter: Parameter) -> Element:
    """A switch that is off is a box to tick; one that is on, or has no side, is a choice."""
    if parameter.default is False:
        return CheckboxGroup(VALUE, [Option(PlainText(ON), ON)])
    options = [Option(PlainText(word), word) for word in (ON, OFF)]
    return StaticSelectMenu(action_id=VALUE, options=options)


def placeholder(parameter: Parameter, shape: Shape) -> str:
    """What an empty field says."""
    if shape.arity is Arity.PAIRS:
        return "KEY=VALUE, one a line"
    if parameter.kind is Kind.VARIADIC:
        return "a command, as in a shell"
    if shape.arity is Arity.MANY:
        return "one a line"
    return "seconds, or such as 90s" if float in shape.kinds else "text"


def words_of(parameter: Parameter, state: Mapping[str, Any]) -> Iterator[str]:
    """Yield the words that a filled field means; none for one that was left as it is.

    Raises:
        UsageError: The words of a command cannot be split.
    """
    values = filled(state)
    shape = parameter.shape or Shape(kinds=(str,))
    if parameter.kind is not Kind.KEYWORD:
        yield from split(parameter, values) if parameter.kind is Kind.VARIADIC else values
    elif shape.switch:
        yield from (switched(parameter, value) for value in values)
    else:
        pieces = [line for value in values for line in lines(shape, value)]
        yield from (f"--{parameter.option}={piece}" for piece in pieces)


def filled(state: Mapping[str, Any]) -> Sequence[str]:
    """Return what one input holds, as Slack reports it."""
    if state.get("selected_date_time"):
        return [datetime.fromtimestamp(state["selected_date_time"], UTC).isoformat()]
    if state.get("selected_options"):
        return [option["value"] for option in state["selected_options"]]
    if state.get("selected_option"):
        return [state["selected_option"]["value"]]
    value = str(state.get("value") or "").strip()
    return [value] if value else []


def split(parameter: Parameter, values: Sequence[str]) -> list[str]:
    import shlex

    try:
        return shlex.split(" ".join(values))
    except ValueError as error:
        raise UsageError(f"{parameter.option}: a quote is opened and not closed") from error


def switched(parameter: Parameter, value: str) -> str:
    return f"--{parameter.option}" if value == ON else f"--no-{parameter.option}"


def lines(shape: Shape, value: str) -> list[str]:
    several = shape.arity is not Arity.ONE
    return [line.strip() for line in value.splitlines() if line.strip()] if several else [value]
