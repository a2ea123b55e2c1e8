"""What is to be shown of a result, before any front end draws it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["Block", "Cell", "Column", "Facts", "Grid", "Lines", "Tone", "View", "grid"]


class Tone(StrEnum):
    """How a piece of text is meant."""

    PLAIN = "plain"
    STRONG = "strong"
    DIM = "dim"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of text; ``part`` between 0 and 1 asks for a small bar in front of it."""

    text: str
    tone: Tone = Tone.PLAIN
    part: float | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; ``right`` holds the columns of numbers, ``wraps`` those whose text goes on below where it is long."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    right: frozenset[str] = frozenset()
    wraps: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """Named values of one thing."""

    rows: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of text, as they are."""

    lines: tuple[Cell, ...]


Block = Grid | Facts | Lines
View = tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its title, and what it shows of an item."""

    title: str
    cell: Callable[[Any], Cell]
    right: bool = False
    wraps: bool = False


def grid(columns: Iterable[Column], items: Iterable[object]) -> Grid:
    """Return the table that the columns show of some items."""
    columns = tuple(columns)
    return Grid(
        columns=tuple(column.title for column in columns),
        rows=tuple(tuple(column.cell(item) for column in columns) for item in items),
        right=frozenset(column.title for column in columns if column.right),
        wraps=frozenset(column.title for column in columns if column.wraps),
    )
