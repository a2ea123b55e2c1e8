"""What is shown of any result, as blocks: tables, named values, lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import singledispatch

from slackblocks import Block as Piece
from slackblocks import (
    ContainerBlock,
    DataTableBlock,
    PlainText,
    RawNumber,
    RawText,
    RichText,
    RichTextBlock,
    SectionBlock,
)
from slackblocks import RichTextCodeBlock as Code
from slackblocks import RichTextSection as Plain

from cloudkit.view.block import Block, Cell, Facts, Grid, Lines, Tone
from cloudkit_bot import limits
from cloudkit_bot.blocks.sheet import Sheet
from cloudkit_bot.blocks.text import cut, units

__all__ = ["as_text", "code", "put", "said"]

MARKS = {Tone.GOOD: "🟢 ", Tone.WARN: "🟡 ", Tone.BAD: "🔴 "}
CELL = 300  # characters of a cell
PAGE = 20  # rows of a table that are seen at once
CHUNK = 2_500  # characters of one block of lines
ENDS = 60  # lines that are shown of a long output
OPEN = 25  # lines that are shown without a press
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,6})?\Z", re.ASCII)


@singledispatch
def put(part: Block, _sheet: Sheet, *, name: str) -> None:
    """Put a part on a sheet; what does not fit goes into a file of that name."""
    raise TypeError(part, name)


@put.register
def _facts(part: Facts, sheet: Sheet, *, name: str) -> None:
    rows = [(title, shown(cell)) for title, cell in part.rows if cell.text]
    fields = [PlainText(sheet.words(f"{title}\n{text}", limits.FIELD)) for title, text in rows[: limits.FIELDS]]
    if fields and not sheet.add(SectionBlock(fields=list(fields))):
        sheet.attach(f"{name}.txt", [f"{title}: {text}" for title, text in rows])


@put.register
def _grid(part: Grid, sheet: Sheet, *, name: str) -> None:
    if not part.rows:
        sheet.add(said(sheet, "nothing is there"))
        return
    rows = [[sheet.words(shown(cell), CELL) for cell in row] for row in part.rows]
    placed: int = 0 if sheet.look.classic or sheet.tables else data_table(part, rows, sheet, name)
    if not placed:
        placed = code_table(part.columns, rows, sheet)
    if placed < len(rows):
        sheet.add(said(sheet, f"{placed} of {len(rows)} are shown; all are in {name}.txt"))
        sheet.attach(f"{name}.txt", as_text(part))


@put.register
def _lines(part: Lines, sheet: Sheet, *, name: str) -> None:
    lines = sheet.clean("\n".join(cell.text for cell in part.lines)).split("\n")  # a secret may be several lines
    if not (collapsed(lines, sheet) or code(lines, sheet)):
        kept = code(lines, sheet, last=True)
        sheet.add(said(sheet, f"the last {kept} of {len(lines)} lines are shown; all are in {name}.txt"))
        sheet.attach(f"{name}.txt", lines)


def data_table(part: Grid, rows: Sequence[Sequence[str]], sheet: Sheet, name: str) -> int:
    """Put as many rows as fit into a table that can be sorted; return how many."""
    titles = [title or "-" for title in part.columns][: limits.DATA_TABLE_COLUMNS]
    room = min(sheet.room - 400, limits.DATA_TABLE_CHARACTERS) - sum(map(units, titles))
    fitting = 0
    for row in rows[: limits.DATA_TABLE_ROWS - 1]:
        room -= sum(map(units, row[: len(titles)]))
        if room < 0:
            break
        fitting += 1
    if not fitting:
        return 0
    numeric = {index for index, title in enumerate(part.columns) if title in part.right}
    body = [[cell(text, index in numeric) for index, text in enumerate(row[: len(titles)])] for row in rows[:fitting]]
    head: list[RawText | RawNumber | RichTextBlock] = [RawText(title) for title in titles]
    table = DataTableBlock(
        rows=[head, *body], caption=sheet.words(name, limits.CARD_TITLE), page_size=min(PAGE, fitting)
    )
    sheet.tables += 1
    return fitting if sheet.add(table) else 0


def cell(text: str, numeric: bool) -> RawText | RawNumber | RichTextBlock:  # noqa: FBT001 # two of one row
    """A cell; a number is sorted as one."""
    return RawNumber(float(text), text) if numeric and _NUMBER.match(text) else RawText(text)


def code_table(titles: Sequence[str], rows: Sequence[Sequence[str]], sheet: Sheet) -> int:
    """Put as many rows as fit as aligned text; return how many."""
    lines = list(aligned([titles, *rows]))
    count: int
    for count in (len(lines), *range(min(len(lines), ENDS), 1, -5)):
        if code(lines[:count], sheet):
            return count - 1
    return 0


def code(lines: Sequence[str], sheet: Sheet, *, last: bool = False) -> int:
    """Put lines as they are, where all fit; with ``last`` as many of the last ones as fit. Return how many."""
    if last:
        for count in range(min(len(lines), ENDS), 0, -5):
            kept = [cut(line, CELL) for line in lines[-count:]]
            if code(kept, sheet):
                return count
        return 0
    blocks = [RichTextBlock(Code(RichText(text))) for text in chunks(lines)]
    return len(lines) if blocks and sheet.add(*blocks) else 0


def collapsed(lines: Sequence[str], sheet: Sheet) -> bool:
    """Put lines that are many, and fit, into a container that is opened by a press."""
    if sheet.look.classic or len(lines) <= OPEN:
        return False
    inner: list[Piece] = [RichTextBlock(Code(RichText(text))) for text in chunks(lines)]
    if not 0 < len(inner) <= limits.CONTAINER_BLOCKS:
        return False
    title = PlainText(f"{len(lines)} lines")
    return sheet.add(ContainerBlock(inner, title=title, is_collapsible=True, default_collapsed=True))


def chunks(lines: Sequence[str]) -> Iterator[str]:
    """Join lines into texts of a block each."""
    held: list[str] = []
    size = 0
    for line in lines:
        for piece in [line[at : at + CHUNK] for at in range(0, len(line), CHUNK)] or [""]:
            if held and size + units(piece) + 1 > CHUNK:
                yield "\n".join(held)
                held, size = [], 0
            held.append(piece)
            size += units(piece) + 1
    if any(held):
        yield "\n".join(held)


def said(sheet: Sheet, text: str) -> RichTextBlock:
    """Return a sentence as it is: no mark in it is read as markup."""
    return RichTextBlock(Plain(RichText(sheet.words(text, limits.SECTION))))


def shown(cell: Cell) -> str:
    return f"{MARKS.get(cell.tone, '')}{cell.text}" if cell.text else ""


def as_text(part: Block) -> list[str]:
    """Return a part as lines of plain text."""
    if isinstance(part, Grid):
        return list(aligned([part.columns, *([cell.text for cell in row] for row in part.rows)]))
    if isinstance(part, Facts):
        return [f"{name}: {cell.text}" for name, cell in part.rows]
    return [cell.text for cell in part.lines]


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows as lines in which columns stand below each other."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(f"{text:{width}}" for text, width in zip(row, widths, strict=True)).rstrip()
