"""How the command line ends when something went wrong: a text that helps, an exit code that says which."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cloudkit.errors import CloudkitError
from cloudkit.view.neutral import neutral

if TYPE_CHECKING:
    from cloudkit.model.progress import Progress
    from cloudkit.shell.settings import Settings

__all__ = ["BROKEN_PIPE", "DEFECT", "INTERRUPTED", "coloured", "explain", "interrupted", "plain_lines"]

DEFECT = 70  # a defect of cloudkit itself, as sysexits.h has it
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
BROKEN_PIPE = 141  # 128 + SIGPIPE
RED, DIM, GREEN, OFF = "\x1b[31m", "\x1b[2m", "\x1b[32m", "\x1b[0m"


def explain(error: Exception, settings: Settings, *, colour: bool) -> int:
    """Write an error to standard error and return its exit code."""
    if settings.verbose:
        traceback.print_exception(error)
    known = error if isinstance(error, CloudkitError) else defect(error)
    if settings.json:
        from cloudkit.shell.jsonable import json_text

        sys.stderr.write(f"{json_text(known)}\n")
    else:
        sys.stderr.write("\n".join(coloured(known) if colour else plain_lines(known)) + "\n")
    return DEFECT if known is not error else known.exit_code


def defect(error: Exception) -> CloudkitError:
    """What nobody foresaw, as an error of cloudkit."""
    return CloudkitError(f"cloudkit failed: {type(error).__name__}: {error}", hint="the same with --verbose")


def plain_lines(error: CloudkitError) -> list[str]:
    """Return an error as lines of text."""
    return neutral(f"error: {error}").splitlines()


def coloured(error: CloudkitError) -> list[str]:
    """Return an error as lines for a terminal that knows colours."""
    first, *rest = plain_lines(error)
    tones = {"  | ": DIM, "  try": GREEN}
    return [
        f"{RED}error:{OFF}{first.removeprefix('error:')}",
        *(f"{tones.get(line[:4], tones.get(line[:5], ''))}{line}{OFF}" for line in rest),
    ]


def interrupted(words: Sequence[str], *, changes: bool, last: Progress | None, program: str = "cloudkit") -> int:
    """Say what stands after Ctrl-C, and how to go on."""
    if not changes:
        sys.stderr.write("\ninterrupted; nothing was changed\n")
        return INTERRUPTED
    from cloudkit.command.refused import written

    seen = f" at {last.phase.value} {last.item}: {last.message}" if last else ""
    again = " ".join([program, *map(written, words)])
    sys.stderr.write(neutral(f"\ninterrupted{seen}; what was done stands, and the same line goes on\n  try: {again}\n"))
    return INTERRUPTED
