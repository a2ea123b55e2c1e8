"""Results on standard output: text for people, JSON for programs, streams as they come."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

from cloudkit.declared.exported import Exported
from cloudkit.model.glance import Glance
from cloudkit.model.log import LogLine
from cloudkit.model.stream import Stream
from cloudkit.model.task import TaskResult
from cloudkit.view.neutral import neutral, neutral_line

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

__all__ = ["Output", "colours"]

WIDE = 10_000  # columns of what is no terminal, so that nothing is cut
PREFIXES = ("cyan", "magenta", "green", "yellow", "blue", "bright_cyan", "bright_magenta", "bright_green")


def colours(stream: TextIO, *, wanted: bool = True) -> bool:
    """Tell whether colours belong on a stream: a terminal that knows them, and nobody said no."""
    import os

    return wanted and stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class Output:
    """Writes results.

    Args:
        stream: Where to.
        json: True writes JSON.
        colour: False writes no colours, whatever the stream is.
    """

    def __init__(self, stream: TextIO | None = None, *, json: bool = False, colour: bool = True) -> None:
        self.stream = stream or sys.stdout
        self.json = json
        self.colour = colour
        self._prefixes: dict[str, str] = {}

    @cached_property
    def console(self) -> Console:
        """The stream as rich draws on it."""
        from rich.console import Console

        terminal = self.stream.isatty()
        return Console(
            file=self.stream,
            width=None if terminal else WIDE,
            no_color=not colours(self.stream, wanted=self.colour),
            highlight=False,
            markup=False,
            emoji=False,
            force_jupyter=False,
        )

    def show(self, result: object, kind: type[Any] | None = None) -> None:
        """Write a result; ``kind`` is what an empty list would hold."""
        if isinstance(result, Iterator):
            self._stream(result, kind)
        elif self.json:
            self._json(result, indent=2)
        elif isinstance(result, TaskResult | Exported):
            self._raw(result.output if isinstance(result, TaskResult) else str(result))
        elif result is not None and not isinstance(result, int):
            self._text(result, kind)
        self.stream.flush()

    def _stream(self, items: Iterator[Any], kind: type[Any] | None) -> None:
        if self.json or kind is not Glance:
            self._each(items)
            return
        from cloudkit.shell.live import draw_looks, write_looks

        if colours(self.stream, wanted=self.colour):
            draw_looks(items, self.console)
        else:
            write_looks(items, self.stream)

    def _each(self, items: Iterator[Any]) -> None:
        """Write each item; one that has something to say to Ctrl-C says it last."""
        try:
            for item in items:
                self._item(item)
        except KeyboardInterrupt:
            if not isinstance(items, Stream):
                raise
            self._item(items.interrupt())

    def _item(self, item: object) -> None:
        if self.json:
            self._json(item, indent=None)
        elif isinstance(item, LogLine):
            self._line(item)
        else:
            self._text(item, None)
        self.stream.flush()

    def _json(self, result: object, *, indent: int | None) -> None:
        from cloudkit.shell.jsonable import json_text

        self.stream.write(f"{json_text(result, indent=indent)}\n")

    def _text(self, result: object, kind: type[Any] | None) -> None:
        from cloudkit.shell.text import text

        if self.stream.isatty():
            self._blocks(text(result, kind))
            return
        with self.console.capture() as captured:
            self._blocks(text(result, kind))
        self.stream.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())

    def _blocks(self, blocks: Iterable[RenderableType]) -> None:
        """Draw blocks with a blank line between two."""
        for number, block in enumerate(blocks):
            self.console.print(*([""] if number else []), block, sep="\n")

    def _raw(self, text: str) -> None:
        """A command's own output, or a file: to a pipe as it is, to a terminal without what would drive it."""
        output = neutral(text) if self.stream.isatty() else text
        self.stream.write(output if not output or output.endswith("\n") else f"{output}\n")

    def _line(self, line: LogLine) -> None:
        text = neutral_line(line.text)
        if not colours(self.stream, wanted=self.colour):
            self.stream.write(f"{line.replica} | {text}\n")
            return
        from rich.text import Text

        tone = self._prefixes.setdefault(line.replica, PREFIXES[len(self._prefixes) % len(PREFIXES)])
        shown = Text.assemble((f"{line.replica} | ", tone), (text, "" if line.stream == "stdout" else "dim yellow"))
        self.console.print(shown, soft_wrap=True)
