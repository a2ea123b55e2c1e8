"""Errors at an IPython prompt: the designed text in place of a traceback, while the extension is loaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cloudkit.errors import CloudkitError, Detached
from cloudkit.shell.failure import coloured, plain_lines

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["show_designed", "show_tracebacks"]

HOOK = "_render_traceback_"  # what IPython asks an exception for
KINDS = (CloudkitError, Detached)
YELLOW, GREEN, OFF = "\x1b[33m", "\x1b[32m", "\x1b[0m"


def show_designed(shell: InteractiveShell) -> None:
    """Let IPython show cloudkit's errors as their text; ``%xmode Verbose`` shows the whole traceback again."""
    for kind in KINDS:
        setattr(kind, HOOK, renderer(shell))


def show_tracebacks() -> None:
    """Let IPython show cloudkit's errors as any other."""
    for kind in KINDS:
        if HOOK in vars(kind):
            delattr(kind, HOOK)


def renderer(shell: InteractiveShell) -> Callable[[CloudkitError | Detached], list[str]]:
    def render(error: CloudkitError | Detached) -> list[str]:
        if shell.InteractiveTB.mode == "Verbose":
            traced: list[str] = shell.InteractiveTB.structured_traceback(type(error), error, error.__traceback__)
            return traced
        colour = str(shell.colors).lower() != "nocolor"
        shown = detached(error, colour=colour) if isinstance(error, Detached) else failed(error, colour=colour)
        return [line.replace("try: cloudkit ", "try: %cloud ") for line in shown]

    return render


def failed(error: CloudkitError, *, colour: bool) -> list[str]:
    lines = coloured(error) if colour else plain_lines(error)
    return [*lines, *getattr(error, "__notes__", ())]


def detached(error: Detached, *, colour: bool) -> list[str]:
    yellow, green, off = (YELLOW, GREEN, OFF) if colour else ("", "", "")
    return [f"{yellow}detached:{off} {error.summary}", f"{green}  try: {error.hint}{off}"]
