"""What a shell reads at its start, and what it asks a process for when it does not know by itself."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from shutil import which

import click

from cloudkit.command import Help
from cloudkit.command.grammar import VerbGroup, help_option
from cloudkit.model.plain import plain
from cloudkit.shell.completion.names import writable
from cloudkit.shell.completion.table import table_of

__all__ = ["VARIABLE", "completed", "completion_command"]

VARIABLE = "_CLOUDKIT_COMPLETE"
SHELLS = ("bash", "zsh", "fish")


def completed(group: click.Group, program: str, settings: object, words: Sequence[str]) -> str:
    """Return what the last word can become, a line each; nothing where something fails, as nobody would see why."""
    from click.shell_completion import ShellComplete

    items = []
    with suppress(Exception):
        *before, fragment = words
        items = ShellComplete(group, {"obj": settings}, program, VARIABLE).get_completions(before, fragment)
    lines = [
        f"{item.value}\t{plain(item.help or '')}" for item in items if item.type == "plain" and writable(item.value)
    ]
    return "".join(f"{line}\n" for line in lines)


def completion_command(program: str, group: Callable[[], VerbGroup]) -> click.Command:
    """Return the command that prints the script which a shell reads at its start.

    Args:
        program: What is completed.
        group: Returns the words.
    """

    def script(shell: str) -> Help:
        return Help(script_of(shell, program, table_of(group())))

    return click.Command(
        "completion",
        callback=script,
        params=[click.Argument(["shell"], type=click.Choice(SHELLS)), help_option()],
        add_help_option=False,
        help='Print the completion of a shell: eval "$(cloudkit completion bash)" in its start-up file.',
        short_help="Print the completion script of bash, zsh or fish.",
    )


def script_of(shell: str, program: str, table: str) -> str:
    """Return a shell's script, with the words and the program that reads them inside."""
    here = files("cloudkit.shell.completion")
    quote = fish_quoted if shell == "fish" else shlex.quote
    parts = {"TABLE": table, "OFFERS": (here / "offers.awk").read_text(), "PROGRAM": command_of(program)}
    text = (here / f"complete.{shell}").read_text()
    for name, part in parts.items():
        text = text.replace(f"@{name}@", quote(part))
    return text


def command_of(program: str) -> str:
    """Return the program's name where it is on the search path, else the file that runs now."""
    return program if which(program) else str(Path(sys.argv[0]).absolute())


def fish_quoted(text: str) -> str:
    """Return a text as fish's word of the same characters."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
