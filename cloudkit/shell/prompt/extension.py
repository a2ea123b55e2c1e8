"""What ``%load_ext cloudkit`` brings to an IPython prompt or a notebook, and ``%unload_ext`` takes away again."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from cloudkit.model.progress import Ambient, silent
from cloudkit.model.stream import Stream
from cloudkit.shell.prompt.cells import CellProgress, in_notebook
from cloudkit.shell.prompt.completing import Completing
from cloudkit.shell.prompt.failures import show_designed, show_tracebacks
from cloudkit.shell.prompt.magic import NAME, CloudMagic
from cloudkit.shell.prompt.streams import shown

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["Extension", "load", "unload"]

ASKED = re.compile(rf"\s*%{NAME}\s+(?P<words>\S.*?)\s*\?+\s*")


class Extension:
    """All that is at one prompt.

    Args:
        shell: The prompt.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.progress = CellProgress(shell)
        self.magic = CloudMagic(shell, self.progress)
        self.completing = Completing(shell, self.magic)

    def load(self) -> None:
        """Offer the magics, draw progress, show errors as their text."""
        self.shell.magics_manager.register_function(self.spoken(), magic_kind="line_cell", magic_name=NAME)
        self.shell.input_transformers_cleanup.append(helped)
        self.shell.events.register("pre_run_cell", self.progress.begin)
        self.shell.events.register("post_run_cell", self.progress.end)
        self.shell.events.register("post_run_cell", self.completing.renew)
        self.shell.display_trap.hook = self.display
        self.drawing.for_type(Stream, self.draw)
        Ambient.listener = self.progress
        show_designed(self.shell)
        self.completing.load()
        self.progress.begin()

    def unload(self) -> None:
        """Take all of it away."""
        show_tracebacks()
        Ambient.listener = staticmethod(silent)
        self.shell.events.unregister("pre_run_cell", self.progress.begin)
        self.shell.events.unregister("post_run_cell", self.progress.end)
        self.shell.events.unregister("post_run_cell", self.completing.renew)
        self.shell.input_transformers_cleanup.remove(helped)
        self.shell.display_trap.hook = self.shell.displayhook
        self.drawing.pop(Stream)
        for kind in ("line", "cell"):
            self.shell.magics_manager.magics[kind].pop(NAME, None)
        self.completing.unload()
        self.magic.close()

    def display(self, result: object = None) -> None:
        """Show a cell's value as IPython does, below the line that progress leaves."""
        self.progress.settle()
        self.shell.displayhook(result)

    @property
    def drawing(self) -> Any:  # noqa: ANN401  # IPython's own formatter
        """What draws values that do not show themselves as a text."""
        formatter: Any = self.shell.display_formatter
        return formatter.ipython_display_formatter

    def draw(self, stream: Stream[Any]) -> None:
        """Draw a stream as it comes: one that is the value of a cell."""
        if not in_notebook(self.shell):
            sys.stdout.write("\n")
        shown(stream, stream.kind, notebook=in_notebook(self.shell))

    def spoken(self) -> Callable[..., object]:
        """The magic's function, whose docstring is the help of all verbs: ``%cloud?`` shows it."""

        def cloud(line: str = "", cell: str | None = None) -> object:
            return self.magic.line(line) if cell is None else self.magic.cell(line, cell)

        cloud.__doc__ = self.magic.grammar().help
        return cloud


LOADED: WeakKeyDictionary[InteractiveShell, Extension] = WeakKeyDictionary()


def load(shell: InteractiveShell) -> None:
    """Bring all of it to a prompt."""
    if shell not in LOADED:
        LOADED[shell] = Extension(shell)
        LOADED[shell].load()


def unload(shell: InteractiveShell) -> None:
    """Take all of it away from a prompt."""
    extension = LOADED.pop(shell, None)
    if extension is not None:
        extension.unload()


def helped(lines: Sequence[str]) -> list[str]:
    r"""Read ``%cloud scale?`` as a question for the verb's help.

    >>> helped(["%cloud scale?\n"])
    ['%cloud scale --help\n']
    """
    asked = ASKED.fullmatch("".join(lines)) if len(lines) == 1 else None
    return [f"%{NAME} {asked['words']} --help\n"] if asked else list(lines)
