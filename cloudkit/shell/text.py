"""Results as text for a terminal or a pipe, drawn by rich."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from cloudkit.view.block import Block, Cell, Facts, Grid, Lines, Tone
from cloudkit.view.neutral import neutral, neutral_line
from cloudkit.view.result import listed, view

__all__ = ["STYLES", "text"]

STYLES = {
    Tone.PLAIN: "",
    Tone.STRONG: "bold",
    Tone.DIM: "dim",
    Tone.GOOD: "green",
    Tone.WARN: "yellow",
    Tone.BAD: "red",
}
BAR = 8  # characters


def text(result: object, kind: type[Any] | None = None) -> Iterator[RenderableType]:
    """Return a result as rich draws it, block by block.

    Args:
        result: What a verb returned.
        kind: What an empty list would hold.

    >>> from rich.console import Console
    >>> Console(width=40).print(*text("hello"))
    hello
    """
    yield from map(drawn, listed(result, kind) if isinstance(result, list | tuple) else view(result))


@singledispatch
def drawn(block: Block) -> RenderableType:
    """Return one block as rich draws it."""
    raise TypeError(block)


@drawn.register
def _lines(block: Lines) -> RenderableType:
    return Text("\n").join(Text(neutral(cell.text), STYLES[cell.tone]) for cell in block.lines)


@drawn.register
def _facts(block: Facts) -> RenderableType:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, cell in block.rows:
        table.add_row(name, cell_text(cell))
    return table


@drawn.register
def _grid(block: Grid) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in block.columns:
        wraps = title in block.wraps
        table.add_column(
            Text(title),
            justify="right" if title in block.right else "left",
            no_wrap=not wraps,
            overflow="fold" if wraps else "ellipsis",
        )
    for row in block.rows:
        table.add_row(*map(cell_text, row))
    return table


def cell_text(cell: Cell) -> Text:
    found = Text(neutral_line(cell.text), STYLES[cell.tone])
    return found if cell.part is None else Text.assemble(bar(cell), " ", found)


def bar(cell: Cell) -> Text:
    full = round(max(0.0, min(1.0, cell.part or 0.0)) * BAR)
    return Text.assemble(("█" * full, "red" if (cell.part or 0) > 0.9 else "green"), ("░" * (BAR - full), "dim"))
