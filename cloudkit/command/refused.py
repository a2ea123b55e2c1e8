"""What click refuses, in cloudkit's own words."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Sequence

import click

from cloudkit.errors import UsageError

__all__ = ["refused"]

SHOWN = 60  # characters of a word
LONGEST = 300  # characters of what click says


def refused(error: click.UsageError, program: str, words: Sequence[str]) -> UsageError:
    """Say what is wrong with a line, what was likely meant, and how the line reads then.

    Args:
        error: What click says.
        program: What stands before the words.
        words: The whole line.
    """
    context = error.ctx
    path = context.command_path if context else program
    usage = context.get_usage().removeprefix("Usage: ") if context else program
    if isinstance(error, click.NoSuchCommand):
        known = context.command.list_commands(context) if context and isinstance(context.command, click.Group) else ()
        return misspelt("command", error.command_name, known, program, words, otherwise=f"{program} --help")
    if isinstance(error, click.NoSuchOption):
        options = [name for parameter in (context.command.params if context else ()) for name in parameter.opts]
        return misspelt("option", error.option_name, options, program, words, otherwise=usage)
    if isinstance(error, click.MissingParameter):
        return missing(error, path, usage)
    return UsageError(f"{path}: {error.format_message()[:LONGEST].rstrip('.')}", hint=usage)


def misspelt(
    what: str, word: str, known: Sequence[str], program: str, words: Sequence[str], *, otherwise: str
) -> UsageError:
    """A word that is not known, with the line as it was likely meant."""
    shown = word if len(word) <= SHOWN else f"{word[:SHOWN]}..."
    close = difflib.get_close_matches(word[:SHOWN].lower(), known, 1)
    if not close:
        return UsageError(f"{program} has no {what} {shown!r}", hint=otherwise)
    line = [close[0] if one == word else one.replace(f"{word}=", f"{close[0]}=", 1) for one in words]
    meant = " ".join([program, *map(written, line)])
    return UsageError(f"{program} has no {what} {shown!r}; did you mean {close[0]!r}?", hint=meant)


def written(word: str) -> str:
    """A word as one would type it; what follows a ``=`` may be a secret, and is left out."""
    key, equals, _ = word.partition("=")
    return f"{shlex.quote(key)}=..." if equals else shlex.quote(word[:SHOWN])


def missing(error: click.MissingParameter, path: str, usage: str) -> UsageError:
    parameter = error.param
    if parameter is None:
        return UsageError(f"{path}: something is missing", hint=usage)
    name = parameter.opts[0] if isinstance(parameter, click.Option) else parameter.human_readable_name
    meaning = getattr(parameter, "help", None)
    return UsageError(f"{path} needs {name}" + (f": {meaning.rstrip('.')}" if meaning else ""), hint=usage)
