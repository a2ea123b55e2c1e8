"""A verb's parameters as click has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from cloudkit.command.values import choice_text, value_of
from cloudkit.verbs import Arity, Kind, Parameter, Shape, Verb

__all__ = ["TARGET", "NamesOf", "click_parameters", "readable"]

TARGET = "target__"
NamesOf = Callable[[type[Any], str | None], Iterable[str]]
Offers = Callable[[str | None], Iterable[str]]


class Value(click.ParamType[Any]):
    """A value as its parameter's type asks for, with the completions that are known."""

    name = "text"

    def __init__(self, parameter: Parameter, offers: Offers | None = None) -> None:
        self.parameter = parameter
        self.offers = offers

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401, ARG002 # click's own signature
        """Read a text; what is not a text is a value already."""
        return value_of(self.parameter, value) if isinstance(value, str) else value

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:  # noqa: ARG002 # click's own signature
        """Show the choices where there are few, else what kind of value it is."""
        shape = self.parameter.shape
        if isinstance(param, click.Argument) or shape is None:
            return None
        if shape.choices and not shape.kinds:
            return f"[{'|'.join(map(choice_text, shape.choices))}]"
        if shape.arity is Arity.PAIRS:
            return "PATH=FILE" if self.parameter.from_file else "KEY=VALUE"
        return WORDS.get(shape.kinds[0], "TEXT") if shape.kinds else "TEXT"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:  # noqa: ARG002 # click's own signature
        """Offer choices, files, or the names of what is there."""
        shape = self.parameter.shape
        if shape is not None and Path in shape.kinds and self.offers is None:
            return [CompletionItem(incomplete, type="file")]
        offered: list[str] = [*map(choice_text, shape.choices)] if shape else []
        offered += self.offers(target_of(ctx)) if self.offers else []
        return [CompletionItem(one, help=note_of(one)) for one in offered if one.startswith(incomplete)]


def target_of(ctx: click.Context) -> str | None:
    """Return the name of the handle, also while an option waits for its value, where click reads no further."""
    named = ctx.params.get(TARGET)
    return named or next(iter(ctx.args), None) if TARGET in ctx.params else None


def note_of(offer: str) -> str | None:
    return getattr(offer, "note", "") or None


WORDS: dict[type[Any], str] = {int: "NUMBER", float: "SECONDS", Path: "PATH"}


def click_parameters(
    verb: Verb, names_of: NamesOf, targets: Offers, *, files: bool = False
) -> Iterator[click.Parameter]:
    """Return the arguments and options of a verb, the target first; what text cannot give is left out.

    Args:
        verb: The verb.
        names_of: The names of what is there, by the kind of its state and the name of the handle.
        targets: The names that the target can be.
        files: True where who types is on this machine, so that a text may name a file to read.
    """
    if verb.target is not None:
        yield argument(verb.target, targets, name=TARGET)
    for parameter in verb.parameters:
        offers = partial(names_of, parameter.names) if parameter.names else None
        if parameter.kind is not Kind.KEYWORD:
            yield argument(parameter, offers)
        elif parameter.shape is not None and (files or not parameter.from_file):
            yield option(parameter, parameter.shape, offers)


def argument(parameter: Parameter, offers: Offers | None, name: str | None = None) -> click.Argument:
    shape = parameter.shape
    several = parameter.kind is Kind.VARIADIC or (shape is not None and shape.arity is not Arity.ONE)
    return click.Argument(
        [name or parameter.name],
        metavar=parameter.option.upper(),
        nargs=-1 if several else 1,
        required=parameter.required,
        type=Value(parameter, offers),
        help=readable(parameter.help) or None,
    )


def option(parameter: Parameter, shape: Shape, offers: Offers | None) -> click.Option:
    declared = [parameter.name, *([f"-{parameter.short}"] if parameter.short else []), f"--{parameter.option}"]
    if shape.switch:
        return switch(parameter, declared)
    return click.Option(
        declared,
        multiple=shape.arity is not Arity.ONE or parameter.words,
        required=parameter.required,
        type=Value(parameter, offers),
        help=described(parameter),
    )


def switch(parameter: Parameter, declared: list[str]) -> click.Option:
    """A switch that is off is turned on; one that is on, or that has no side, also has its ``--no-`` form."""
    if parameter.default is not False:
        declared[-1] += f"/--no-{parameter.option}"
    return click.Option(declared, is_flag=True, default=None, help=readable(parameter.help))


def described(parameter: Parameter) -> str:
    """The help, with the default where there is one worth showing."""
    default, help = parameter.default, readable(parameter.help)
    if default is None or default is ... or parameter.required or default in ((), ""):
        return help
    shown = default.value if isinstance(default, Enum) else default
    return f"{help} [default: {shown:g}]" if isinstance(shown, float) else f"{help} [default: {shown}]"


def readable(text: str) -> str:
    """Return a docstring's text without the marks of its markup.

    >>> readable("such as ``10m``")
    'such as 10m'
    """
    return text.replace("``", "")
