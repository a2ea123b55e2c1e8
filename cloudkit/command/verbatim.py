"""Commands that a verb runs elsewhere keep their own options."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from cloudkit.command.grammar import VerbCommand

__all__ = ["protected"]


def protected(command: VerbCommand, words: list[str]) -> list[str]:
    """Put ``--`` before the first word of what runs elsewhere: the ``-l`` of ``ls -l`` is no option of the verb."""
    if not any(parameter.verbatim for parameter in command.verb.parameters):
        return words
    valued = {name for option in command.params if takes_value(option) for name in option.opts}
    position = index = 0
    while index < len(words) and words[index] != "--":
        word = words[index]
        if word.startswith("-") and len(word) > 1:
            index += word in valued
        elif position == command.verb.positions:
            return [*words[:index], "--", *words[index:]]
        else:
            position += 1
        index += 1
    return words


def takes_value(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option) and not parameter.is_flag and not parameter.count
