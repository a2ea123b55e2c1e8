"""Progress in a notebook: a small table in the cell's output that becomes one line."""

from __future__ import annotations

import time
from collections.abc import Sequence
from html import escape
from typing import Any

from cloudkit.model.progress import Phase, Progress
from cloudkit.shell.progress import described

__all__ = ["NotebookScreen"]

PAUSE = 0.1  # seconds between two drawings
MOST = 12  # lines at once


class NotebookScreen:
    """Draws what is worked on into the output of the cell that runs."""

    def __init__(self) -> None:
        from IPython.display import display

        self._items: dict[tuple[Phase, str], Progress] = {}
        self._notices: list[str] = []
        self._drawn = 0.0
        self._handle: Any = display(bundle("", ""), raw=True, display_id=True)

    def draw(self, event: Progress) -> None:
        """Add, change or take away an item's line."""
        if event.phase is Phase.NOTICE:
            self._notices += [described(event)] if event.message else []
        elif event.done:
            self._items.pop((event.phase, event.item), None)
        else:
            self._items[event.phase, event.item] = event
        now = time.monotonic()
        if now - self._drawn >= PAUSE:
            self._drawn = now
            events = list(self._items.values())[-MOST:]
            text = "\n".join((*self._notices, *map(described, events)))
            rows = "".join(map(row, events))
            self._handle.update(bundle(text, f"{self._told()}<table>{rows}</table>"), raw=True)

    def close(self, lines: Sequence[str]) -> None:
        """Leave these lines in place of the table."""
        text = "\n".join((*self._notices, *lines))
        left = "".join(f"<div style='opacity:.6'>{escape(line)}</div>" for line in lines)
        self._handle.update(bundle(text, self._told() + left), raw=True)

    def _told(self) -> str:
        return "".join(f"<div>{escape(notice)}</div>" for notice in self._notices)


def bundle(text: str, html: str) -> dict[str, str]:
    return {"text/plain": text, "text/html": html}


def row(event: Progress) -> str:
    """One item: what happens, and how far it is."""
    known = f" max='{event.total}' value='{event.current or 0}'" if event.total else ""
    words = escape(described(event))
    return f"<tr><td style='text-align:left'>{words}</td><td><progress{known}></progress></td></tr>"
