"""Results as HTML, for notebooks; whatever a program printed is escaped."""

from __future__ import annotations

from functools import singledispatch
from html import escape
from typing import Any

from cloudkit.view.block import Block, Cell, Facts, Grid, Lines, Tone
from cloudkit.view.neutral import neutral
from cloudkit.view.result import listed, view

__all__ = ["html"]

STYLES = {
    Tone.PLAIN: "",
    Tone.STRONG: "font-weight:bold",
    Tone.DIM: "opacity:.6",
    Tone.GOOD: "color:#1a7f37",
    Tone.WARN: "color:#9a6700",
    Tone.BAD: "color:#cf222e",
}


def html(result: object, kind: type[Any] | None = None) -> str:
    """Return a result as HTML.

    Args:
        result: What a verb returned.
        kind: What an empty list would hold.

    >>> html("<b>")
    '<pre>&lt;b&gt;</pre>'
    """
    shown = listed(result, kind) if isinstance(result, list | tuple) else view(result)
    return "".join(map(block_html, shown))


@singledispatch
def block_html(block: Block) -> str:
    """Return one block as HTML."""
    raise TypeError(block)


@block_html.register
def _lines(block: Lines) -> str:
    lines = "\n".join(map(cell_html, block.lines))
    return f"<pre>{lines}</pre>"


@block_html.register
def _facts(block: Facts) -> str:
    rows = (
        f"<tr><th style='text-align:left'>{escape(name)}</th><td>{cell_html(cell)}</td></tr>"
        for name, cell in block.rows
    )
    return f"<table>{''.join(rows)}</table>"


@block_html.register
def _grid(block: Grid) -> str:
    sides = ["right" if title in block.right else "left" for title in block.columns]
    head = "".join(
        f"<th style='text-align:{side}'>{escape(title)}</th>" for side, title in zip(sides, block.columns, strict=True)
    )
    rows = (
        "".join(f"<td style='text-align:{side}'>{cell_html(cell)}</td>" for side, cell in zip(sides, row, strict=True))
        for row in block.rows
    )
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def cell_html(cell: Cell) -> str:
    text = escape(neutral(cell.text))
    bar = "" if cell.part is None else f"<meter value='{cell.part:.2f}'></meter> "
    style = STYLES[cell.tone]
    return f"{bar}<span style='{style}'>{text}</span>" if style else f"{bar}{text}"
