"""The words of the chat: the shell's, read from the same signatures, without what needs the machine of who types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import click

from cloudkit import App, Cloud
from cloudkit.command import Call, Grammar, Help
from cloudkit.command.grammar import help_option
from cloudkit.verbs import Catalogue, Verb

__all__ = ["Wishes", "chat_catalogue", "chat_grammar"]

SWITCHES = {
    "plan": "Show what would be done, and do none of it.",
    "share": "Show the answer to everybody here.",
    "why": "Say which rule allows it, or what would have to be so, and do none of it.",
}


@dataclass(slots=True)
class Wishes:
    """What a line asks for beside its verb, and its words, by which it can be sent again."""

    plan: bool = False
    share: bool = False
    why: bool = False
    words: Sequence[str] = ()


def chat_catalogue() -> Catalogue:
    """Return the verbs that a chat offers: all that need no file and no terminal of who types."""
    return Catalogue(Cloud, App, keep=offered)


def offered(verb: Verb) -> bool:
    return not verb.local


def chat_grammar(catalogue: Catalogue, program: str) -> Grammar:
    """Return the words of a catalogue as a chat has them.

    >>> grammar = chat_grammar(chat_catalogue(), "/cloud")
    >>> call = grammar.parse(["scale", "web", "3"])
    >>> call.verb.name, call.target, dict(call.arguments)
    ('scale', 'web', {'replicas': 3})
    """
    made = Grammar(
        catalogue, program=program, summary="Run, scale, roll and explain apps.", options=list(switches()), commands=[]
    )
    made.group.add_command(helping(made))
    return made


def switches() -> Sequence[click.Option]:
    return [
        click.Option([f"wish_{name}", f"--{name}"], is_flag=True, expose_value=False, callback=keep, help=help)
        for name, help in SWITCHES.items()
    ]


def keep(context: click.Context, option: click.Parameter, value: bool) -> None:  # noqa: FBT001 # click's own
    """Remember a switch that was given."""
    wishes = context.find_root().obj
    if value and isinstance(wishes, Wishes):
        setattr(wishes, str(option.name).removeprefix("wish_"), True)


def helping(grammar: Grammar) -> click.Command:
    """Return the command ``help``: all verbs, or one of them."""

    def asked(verb: tuple[str, ...]) -> Call | Help:
        return grammar.parse([*verb, "--help"])

    return click.Command(
        "help",
        callback=asked,
        params=[click.Argument(["verb"], nargs=-1, metavar="VERB"), help_option()],
        add_help_option=False,
        help="Show the commands, or what one of them takes.",
        short_help="Show the commands, or what one of them takes.",
    )
