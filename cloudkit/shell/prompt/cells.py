"""Progress of what a cell does: drawn while it runs, one line when it has ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from cloudkit.errors import Detached
from cloudkit.model.progress import Progress
from cloudkit.shell.progress import Display, Screen

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

__all__ = ["BACKGROUND", "CellDisplay", "CellProgress", "in_notebook"]

BACKGROUND = "cloudkit-background"  # how the names of threads begin whose work nobody waits for


def in_notebook(shell: InteractiveShell) -> bool:
    """Tell whether what is shown goes to a notebook, which draws HTML, and not to a terminal."""
    return getattr(shell, "kernel", None) is not None


class CellDisplay(Display):
    """A display that leaves one line, on the terminal or in the notebook.

    Args:
        notebook: True draws into the notebook.
    """

    def __init__(self, *, notebook: bool) -> None:
        super().__init__()
        self.notebook = notebook

    def screen(self) -> Screen:
        """Return what is drawn on."""
        if not self.notebook:
            return super().screen()
        from cloudkit.shell.prompt.notebook import NotebookScreen

        return NotebookScreen()

    def summary(self) -> Sequence[str]:
        """Return what is left to say, in one line."""
        lines = super().summary()
        return ("; ".join(lines),) if lines else ()


class CellProgress:
    """The listener of a prompt: it draws while a cell runs, and only what the cell itself waits for.

    Args:
        shell: The prompt.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._display: CellDisplay | None = None
        self._lock = threading.Lock()

    @property
    def last(self) -> Progress | None:
        """The last event of the cell that runs."""
        return self._display.last if self._display else None

    def __call__(self, event: Progress) -> None:
        """Draw one event; safe from any thread."""
        if threading.current_thread().name.startswith(BACKGROUND):
            return
        with self._lock:
            display = self._display
        if display is not None:
            display(event)

    def begin(self, *_cell: object) -> None:
        """Get ready for a cell."""
        with self._lock:
            self._display = CellDisplay(notebook=in_notebook(self._shell))

    def hush(self) -> None:
        """Draw no more of this cell."""
        with self._lock:
            self._display = None

    def settle(self) -> None:
        """Leave the line of what has been done so far, as something else is shown now."""
        with self._lock:
            display, self._display = self._display, CellDisplay(notebook=in_notebook(self._shell))
        if display is not None:
            display.__exit__(None, None, None)

    def end(self, result: ExecutionResult) -> None:
        """Leave one line behind; carry on what the cell no longer waits for."""
        with self._lock:
            display, self._display = self._display, None
        error: Any = result.error_in_exec or result.error_before_exec
        if display is not None:
            display.__exit__(type(error) if error else None, error, None)
        if isinstance(error, Detached) and error.carry_on is not None:
            threading.Thread(target=quietly, args=(error.carry_on,), name=f"{BACKGROUND}-roll", daemon=True).start()


def quietly(act: Callable[[], object]) -> None:
    """Do something in the background: whoever waits for the app again hears what came of it."""
    from contextlib import suppress

    from cloudkit.errors import CloudkitError

    with suppress(CloudkitError):
        act()
