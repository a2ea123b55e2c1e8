"""The command ``cloudkit``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cloudkit.shell.failure import BROKEN_PIPE, INTERRUPTED, explain

if TYPE_CHECKING:
    from cloudkit.shell.settings import Settings

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the words ask for and return the exit code; no traceback leaves it unless ``--verbose`` asks."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # both are text files here
    try:
        return guarded(words)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED


def guarded(words: Sequence[str]) -> int:
    from cloudkit.shell.output import colours
    from cloudkit.shell.settings import Settings

    settings = Settings()
    try:
        return spoken(words, settings)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 # the last place before the shell
        return explain(error, settings, colour=colours(sys.stderr, wanted=not settings.no_color))


def spoken(words: Sequence[str], settings: Settings) -> int:
    """Read the words, answer a completion or a question for help, else run the verb."""
    from cloudkit.command import Help
    from cloudkit.shell.completion import VARIABLE, completed
    from cloudkit.shell.grammar import grammar_of

    grammar = grammar_of(settings)
    if VARIABLE in os.environ:
        sys.stdout.write(completed(grammar.group, grammar.program, settings, words))
        return 0
    meant = grammar.parse(words, settings)
    if isinstance(meant, Help):
        sys.stdout.write(f"{meant.text}\n")
        sys.stdout.flush()
        return 0
    from cloudkit.shell.run import run

    return run(meant, settings, words)


if __name__ == "__main__":
    sys.exit(main())
