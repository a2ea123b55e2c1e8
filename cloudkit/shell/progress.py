"""Long work on standard error: a live display on a terminal, a few lines elsewhere, one line at its end."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from cloudkit.model.progress import Phase, Progress
from cloudkit.shell.tally import Tally, detail
from cloudkit.view.neutral import neutral_line

if TYPE_CHECKING:
    from rich.progress import TaskID

__all__ = ["Display", "Screen", "described"]

PAUSE = 5.0  # seconds between two lines about the same item, where there is no terminal
LONGEST = 200  # characters of a line
MOVES = frozenset({Phase.PULL, Phase.PUSH, Phase.SAVE, Phase.LOAD})


class Screen(Protocol):
    """Where events are drawn."""

    def draw(self, event: Progress) -> None:
        """Draw one event."""
        ...

    def close(self, lines: Sequence[str]) -> None:
        """Leave these lines behind, and nothing else of the drawing."""
        ...


class Display:
    """A listener that draws progress while it is entered.

    Args:
        stream: Where to; standard error where None.
        quiet: True draws nothing.
        colour: False draws no colours.
        clock: The time in seconds.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        quiet: bool = False,
        colour: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stream = stream or sys.stderr
        self.quiet = quiet
        self.colour = colour
        self.clock = clock
        self.last: Progress | None = None
        self._tally = Tally(clock)
        self._screen: Screen | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            if self._screen is not None:
                self._screen.close(self.summary() if error is None else ())
                self._screen = None

    def summary(self) -> Sequence[str]:
        """Return what is left to say at the end of work that went well."""
        return tuple(self._tally.lines())

    def __call__(self, event: Progress) -> None:
        """Draw one event; safe from any thread."""
        with self._lock:
            self._tally.count(event)
            if event.phase is not Phase.NOTICE:
                self.last = event
            if not self.quiet:
                self._screen = self._screen or self.screen()
                self._screen.draw(event)

    def screen(self) -> Screen:
        """Return what is drawn on: a live one on a terminal."""
        live = self.stream.isatty() and self.colour
        return LiveScreen(self.stream) if live else LineScreen(self.stream, self.clock)


def described(event: Progress) -> str:
    """Return an event in words, in one line."""
    counted = f"{event.current}/{event.total}" if event.unit != "bytes" and event.total else ""
    message = event.message or event.log or counted
    if message in event.item or message.startswith(event.item):
        words = [max(event.item, message, key=len)]
    else:
        words = [event.item, message]
    return neutral_line(" ".join(filter(None, (event.phase.value, *words))))[:LONGEST]


class LineScreen:
    """Lines for a file or a pipe: what begins, what ends, and now and then what goes on."""

    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        self.stream = stream
        self.clock = clock
        self._told: dict[tuple[Phase, str], tuple[str, float]] = {}
        self._moved: dict[tuple[Phase, str], bool] = {}

    def draw(self, event: Progress) -> None:
        """Write a line when it says something new; what moves bytes is told as one."""
        if detail(event):
            return
        key, text, now = (event.phase, event.item), described(event), self.clock()
        if event.phase in MOVES:
            self._moved[key] = event.done
            alike = [done for (phase, _), done in self._moved.items() if phase is event.phase]
            key, text = (event.phase, ""), f"{event.phase.value}: {sum(alike)} of {len(alike)} done"
            event = replace(event, done=False)
        said, when = self._told.get(key, ("", -PAUSE))
        if (event.phase is Phase.NOTICE and event.message) or (
            text != said and (event.done or not said or now - when >= PAUSE)
        ):
            self._told[key] = (text, now)
            self.stream.write(f"{text}\n")
            self.stream.flush()

    def close(self, lines: Sequence[str]) -> None:
        """Leave the lines as they are, and add the last ones."""
        self.stream.writelines(f"{line}\n" for line in lines)


class LiveScreen:
    """A line for each item that is worked on, gone when it is done."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            ProgressColumn,
            SpinnerColumn,
            Task,
            TextColumn,
            TimeElapsedColumn,
        )
        from rich.progress import Progress as Bars
        from rich.table import Column
        from rich.text import Text

        class Amount(ProgressColumn):
            """Bytes where bytes are counted, else how many of how many."""

            bytes_column = DownloadColumn(binary_units=True)

            def render(self, task: Task) -> Text:
                if task.total is None:
                    return Text("")
                if task.fields.get("unit") == "bytes":
                    return self.bytes_column.render(task)
                return Text(f"{int(task.completed)}/{int(task.total)}", "progress.download")

        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
            BarColumn(bar_width=24),
            Amount(),
            TimeElapsedColumn(),
        )
        self.stream = stream
        console = Console(file=stream, highlight=False, markup=False, emoji=False, force_jupyter=False)
        self._bars = Bars(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
        self._tasks: dict[tuple[Phase, str], TaskID] = {}
        self._bars.start()

    def draw(self, event: Progress) -> None:
        """Add, change or take away an item's line."""
        key = (event.phase, event.item)
        if event.phase is Phase.NOTICE:
            if event.message:
                self._bars.console.print(described(event))
        elif event.done:
            task = self._tasks.pop(key, None)
            if task is not None:
                self._bars.remove_task(task)
        else:
            task = self._tasks.get(key)
            if task is None:
                self._tasks[key] = task = self._bars.add_task(described(event), total=None, unit=event.unit)
            self._bars.update(
                task,
                description=described(replace(event, message=event.log or event.message)),
                total=event.total,
                completed=event.current or 0,
                unit=event.unit,
            )

    def close(self, lines: Sequence[str]) -> None:
        """Stop drawing, and write the last lines."""
        self._bars.stop()
        self.stream.writelines(f"{line}\n" for line in lines)
