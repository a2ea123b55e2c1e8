"""The words of a grammar as lines of text, of which ``offers.awk`` reads what can stand where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from cloudkit.command.grammar import VerbCommand, VerbGroup, shared
from cloudkit.command.parameters import TARGET, Value
from cloudkit.command.values import choice_text
from cloudkit.config.consulted import VARIABLES
from cloudkit.shell.completion.places import OPTIONS
from cloudkit.verbs import Catalogue, Verb, source_of

__all__ = ["table_of"]

FILE = "file"
SHOWN = 60  # characters of a help
EVERY = "*"  # the command whose options all verbs have


def table_of(group: VerbGroup) -> str:
    """Return the lines: variables, options that say where, commands, their arguments and options.

    A field of values is ``file``, or choices with blanks between them, then the kind of live names; ``app`` before a
    kind says that they are those of the handle that the line names.
    """
    rows = [("E", *VARIABLES), ("W", *(f"--{name}" for name in OPTIONS)), *options_of(group.params, None, group, "")]
    context = click.Context(group, info_name="", resilient_parsing=True)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None:
            rows += rows_of(group, name, command)
    rows += options_of([option for option in group.params if shared(option)], None, group, EVERY)
    return "".join("\t".join(field.replace("\t", " ") for field in row) + "\n" for row in rows)


def rows_of(group: VerbGroup, name: str, command: click.Command) -> Iterator[tuple[str, ...]]:
    verb = command.verb if isinstance(command, VerbCommand) else None
    verbatim = verb is not None and any(parameter.verbatim for parameter in verb.parameters)
    takes = "none" if verb is None else "target" if verb.target is not None else ""
    rest = str(verb.positions) if verb is not None and verbatim else ""
    yield ("C", name, takes, rest, command.get_short_help_str(60))
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    for argument in arguments:
        several = "many" if argument.nargs != 1 else "one"
        yield ("A", name, several, *values_of(argument, verb, group))
    common = command.common if isinstance(command, VerbCommand) else ()
    yield from options_of([one for one in command.params if one not in common], verb, group, name)


def options_of(
    parameters: Sequence[click.Parameter], verb: Verb | None, group: VerbGroup, name: str
) -> Iterator[tuple[str, ...]]:
    for option in parameters:
        if isinstance(option, click.Option) and not option.hidden:
            takes = "flag" if option.is_flag else "value"
            again = "many" if option.multiple else "one"
            note = shortened(option.help or "")
            values = values_of(option, verb, group)
            for spelling in (*option.opts, *option.secondary_opts):
                yield ("O", name, spelling, takes, again, *values, f"{option.name}", note)


def values_of(parameter: click.Parameter, verb: Verb | None, group: VerbGroup) -> tuple[str, str]:
    """Return the fixed values of a parameter and the kind of its live names."""
    kind = parameter.type
    if isinstance(kind, click.Choice):
        return " ".join(map(str, kind.choices)), ""
    if isinstance(kind, click.Path):
        return FILE, ""
    if not isinstance(kind, Value):
        return "", ""
    shape = kind.parameter.shape
    if shape is not None and Path in shape.kinds and kind.offers is None:
        return FILE, ""
    choices = " ".join(map(choice_text, shape.choices)) if shape else ""
    return choices, live(parameter, kind, verb, group)


def live(parameter: click.Parameter, value: Value, verb: Verb | None, group: VerbGroup) -> str:
    """Return the kind of live names; whether a handle is asked for them as the grammar would."""
    if verb is None or value.offers is None:
        return ""
    if parameter.name == TARGET:
        kind = group.target_kind(verb)
        return asked(group.catalogue, kind, named=False) if kind else ""
    return asked(group.catalogue, value.parameter.names, named=verb.target is not None)


def asked(catalogue: Catalogue, kind: type[Any] | None, *, named: bool) -> str:
    source = source_of(catalogue, kind, target=named) if kind else None
    if kind is None or source is None:
        return ""
    return f"app {kind.__name__}" if source.verb.opener else kind.__name__


def shortened(help: str) -> str:
    """Return the part of a help that has room beside an option."""
    first = help.partition(". ")[0]
    return first if len(first) <= SHOWN else f"{first[:SHOWN].rpartition(' ')[0]}..."
