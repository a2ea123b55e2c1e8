"""Python's own prompt: Tab for live names, progress, and errors as their text.

In the file that ``PYTHONSTARTUP`` names::

    from cloudkit.shell.prompt.python import install

    install()
"""

from __future__ import annotations

import rlcompleter
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import ModuleType, TracebackType
from typing import Any

from cloudkit.errors import CloudkitError, Detached
from cloudkit.model.progress import Ambient, Progress
from cloudkit.shell.failure import explain
from cloudkit.shell.grammar import catalogue
from cloudkit.shell.output import colours
from cloudkit.shell.prompt.cells import BACKGROUND, CellDisplay
from cloudkit.shell.prompt.offering import Offering
from cloudkit.shell.prompt.warm import Warm
from cloudkit.shell.settings import Settings

__all__ = ["Completer", "install"]


class Completer(rlcompleter.Completer):
    """Python's completer, which knows the calls of cloudkit besides.

    Args:
        namespace: The prompt's variables.
    """

    def __init__(self, namespace: dict[str, Any] | None = None) -> None:
        super().__init__(namespace)
        self.variables = namespace
        self.offering = Offering(catalogue(), Warm())
        self._found: list[str] | None = None

    def complete(self, text: str, state: int) -> Any:  # noqa: ANN401  # as its parent has it
        """Return the next thing that the text can become, None after the last."""
        if state == 0:
            self._found = self.found(text)
        if self._found is None:
            return super().complete(text, state)
        return self._found[state] if state < len(self._found) else None

    def found(self, text: str) -> list[str] | None:
        """Return what the text can become inside of one of cloudkit's calls, None where Python knows better."""
        before = typed()
        namespace: Mapping[str, Any] = self.variables or vars(sys.modules["__main__"])
        values = self.offering.values(before, namespace) if before else None
        if values is None or not values.offers:
            return None
        kept = values.fragment[: len(values.fragment) - len(text)] if values.fragment.endswith(text) else None
        return None if kept is None else [offer[len(kept) :] for offer in values.offers]


def typed() -> str:
    """Return what stands before the cursor of the prompt that is read now."""
    reader = line_reader()
    return reader.get_line_buffer()[: reader.get_endidx()] if reader else ""


def line_reader() -> ModuleType | None:
    """Return the module that reads the prompt's lines: that of Python's newer prompt, or readline."""
    newer = sys.modules.get("_pyrepl.readline")
    if newer is not None:
        return newer
    with suppress(ImportError):
        import readline

        return readline
    return None


class Drawn:
    """Progress of what a line waits for: drawn meanwhile, one line before its value or the next prompt.

    Args:
        prompt: What the prompt looks like.
    """

    def __init__(self, prompt: str = ">>> ") -> None:
        self.prompt = prompt
        self._display: CellDisplay | None = None

    def __call__(self, event: Progress) -> None:
        """Draw one event."""
        if not threading.current_thread().name.startswith(BACKGROUND):
            self._display = self._display or CellDisplay(notebook=False)
            self._display(event)

    def __str__(self) -> str:
        """Return the prompt, which Python asks for when a line has ended."""
        self.settle()
        return self.prompt

    def settle(self) -> None:
        """Leave the line of what has been done."""
        display, self._display = self._display, None
        if display is not None:
            display.__exit__(None, None, None)

    def show(self, value: object) -> None:
        """Show a line's value as Python does, below the line that progress leaves."""
        self.settle()
        sys.__displayhook__(value)


def install() -> None:
    """Bring all of it to this process's prompt."""
    setattr(rlcompleter, "Completer", Completer)  # noqa: B010  # what Python's newer prompt makes its completer of
    with suppress(ImportError):
        import readline

        readline.set_completer(Completer().complete)
        readline.parse_and_bind("tab: complete")
    drawn = Drawn()
    sys.ps1, sys.displayhook, sys.excepthook = drawn, drawn.show, told
    Ambient.listener = drawn


def told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Write an error of cloudkit as its text, any other as ever."""
    if isinstance(error, CloudkitError):
        explain(error, Settings(), colour=colours(sys.stderr))
    elif isinstance(error, Detached):
        sys.stderr.write(f"\ndetached: {error}\n")
    else:
        sys.__excepthook__(kind, error, trace)
