"""A call as the line that means it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from cloudkit.command import Call
from cloudkit.command.values import choice_text
from cloudkit.verbs import Kind, Parameter

__all__ = ["plain", "written"]


def written(call: Call) -> str:
    """Return the line that means a call.

    >>> from cloudkit_bot.words.grammar import chat_catalogue, chat_grammar
    >>> grammar = chat_grammar(chat_catalogue(), "/cloud")
    >>> written(grammar.parse(["deploy", "web", "web:2", "--env", "A=b c", "--no-wait"]))
    "deploy --no-wait '--env=A=b c' -- web web:2"
    """
    given = [(one, call.arguments[one.name]) for one in call.verb.parameters if one.name in call.arguments]
    options = [word for one, value in given if one.kind is Kind.KEYWORD for word in option(one, value)]
    plain = [str(value) for one, value in given if one.kind is Kind.POSITIONAL and value is not None]
    rest = [str(word) for one, value in given if one.kind is Kind.VARIADIC for word in value]
    words = [*filter(None, [call.target]), *plain, *rest]
    return shlex.join([call.verb.name, *options, *(["--", *words] if words else [])])


def option(parameter: Parameter, value: Any) -> Iterator[str]:  # noqa: ANN401 # what the parameter's type says
    """Yield the words of one option."""
    if isinstance(value, bool) and parameter.shape and parameter.shape.switch:
        yield f"--{parameter.option}" if value else f"--no-{parameter.option}"
    elif parameter.words and isinstance(value, list | tuple):
        yield f"--{parameter.option}={shlex.join(map(str, value))}"
    elif isinstance(value, Mapping):
        yield from (f"--{parameter.option}={key}={choice_text(inner)}" for key, inner in value.items())
    elif isinstance(value, list | tuple):
        yield from (f"--{parameter.option}={choice_text(one)}" for one in value)
    elif value is not None:
        yield f"--{parameter.option}={choice_text(value)}"


def plain(call: Call) -> bool:
    """Tell whether nothing was given that may hold a secret: pairs, and words of a command, may."""
    return not any(isinstance(value, Mapping | list | tuple) for value in call.arguments.values())
