"""Record ``prompt.cast`` and ``prompt.svg``: a real IPython on a terminal, as it was typed and as it was drawn.

It runs on the in-memory twin: ``python docs/images/recording.py``. The cast is asciinema's second version, which its
player shows; the drawing moves by itself. Pauses are cut short.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1] / "tests")]

from scenario.prompt.screen import HEIGHT, WIDTH, Screen, ipython  # noqa: E402  the tests' own terminal, found above

KEY = 0.035  # seconds between two keys
LONGEST = 1.2  # seconds of a pause
END = 4.0  # seconds that the last picture stays
ACROSS, DOWN, MARGIN = 7.83, 17, 12  # pixels
INK, PAPER = "#d8dee9", "#20242c"
COLOURS = {
    "black": "#4c566a", "red": "#e0707a", "green": "#9ccc8f", "brown": "#e6c07b", "blue": "#7aa7dc",
    "magenta": "#c08fc4", "cyan": "#77c4d0", "white": "#e5e9f0",
}  # fmt: skip
LINES = (
    "from cloudkit import Cloud; cloud = Cloud('memory')",
    "web = cloud.deploy('web', 'web:1', port=3000, replicas=2, cpu_request='100m'); web",
    "%cloud scale web 3",
    "%cloud scale wob 3",
    "cloud.top(interval=0.5, count=4)",
    "cloud.undo()",
)
TITLE = re.compile(r"\x1b\]0;[^\x07]*\x07|\x1b\[2[23];0t")  # of the window, which names a folder of this machine
Cell = tuple[str, str, str, bool]
Picture = tuple[tuple[Cell, ...], ...]


class Recorded(Screen):
    """A terminal that remembers when it wrote what, and what stood on it then."""

    def __init__(self, command: list[str], **changes: str) -> None:
        super().__init__(command, **changes)
        self.pieces: list[tuple[float, str]] = []
        self.pictures: list[tuple[float, Picture]] = []

    def read(self) -> None:
        """Take what the program has written, and remember it."""
        before = len(self.written)
        super().read()
        if len(self.written) > before:
            now = time.monotonic()
            self.pieces.append((now, self.written[before:]))
            self.pictures.append((now, picture(self.terminal.buffer)))

    def press(self, text: str) -> None:
        """Type a text as somebody does."""
        for key in text:
            self.type(key)
            time.sleep(KEY)
            self.read()


@dataclass(frozen=True)
class Timed:
    """Something that stands from one second to another."""

    begins: float
    ends: float
    what: Any


def main() -> None:
    """Record, and write both files."""
    screen = recorded()
    times = shortened([moment for moment, _ in screen.pieces])
    header = {"version": 2, "width": WIDTH, "height": HEIGHT, "title": "cloudkit at a prompt"}
    written = [TITLE.sub("", text) for _, text in screen.pieces]
    lines = [header, *([round(begins, 3), "o", text] for begins, text in zip(times, written, strict=True) if text)]
    (HERE / "prompt.cast").write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    ends = [*times[1:], times[-1] + END]
    frames = [Timed(*one) for one in zip(times, ends, [what for _, what in screen.pictures], strict=True)]
    (HERE / "prompt.svg").write_text(drawing(frames, ends[-1]), "utf-8")


def recorded() -> Recorded:
    """Type the session at a real prompt."""
    screen = ipython(Recorded)
    try:
        for line in LINES:
            number = screen.number
            screen.press(f"{line}\r")
            screen.until(lambda text, prompt=f"In [{number + 1}]:": prompt in text.splitlines()[-1])
        screen.press("web.scale(\t")
        screen.until(lambda text: text.endswith("1"))
        time.sleep(LONGEST)
        screen.press("\t\t")  # the second one, with what it is
        screen.until(lambda text: text.endswith("wanted are 0.08"))
    finally:
        screen.close()
    return screen


def shortened(moments: Sequence[float]) -> list[float]:
    """Return the seconds since the first moment, with pauses cut short."""
    times = [0.0]
    for before, after in pairwise(moments):
        times.append(times[-1] + min(after - before, LONGEST))
    return times


def picture(buffer: Any) -> Picture:  # noqa: ANN401  # pyte's own
    """Return what stands on a terminal, row by row."""
    return tuple(tuple(cell(buffer[row][column]) for column in range(WIDTH)) for row in range(HEIGHT))


def cell(shown: Any) -> Cell:  # noqa: ANN401  # pyte's own
    """Return a character with its colours."""
    ink, paper = colour(shown.fg, INK), colour(shown.bg, "")
    return (shown.data, paper or PAPER, ink, shown.bold) if shown.reverse else (shown.data, ink, paper, shown.bold)


def colour(name: str, otherwise: str) -> str:
    """Return a colour as a drawing has it."""
    if name == "default":
        return otherwise
    return COLOURS.get(name.removeprefix("bright"), f"#{name}" if len(name) == 6 else otherwise)


def drawing(frames: Sequence[Timed], seconds: float) -> str:
    """Return a drawing in which each row stands as long as it stood on the terminal, again and again."""
    rows = [row for number in range(HEIGHT) for row in standing(frames, number)]
    used = max(number for number, _ in rows) + 1
    width, height = round(WIDTH * ACROSS + 2 * MARGIN), used * DOWN + 2 * MARGIN
    body = "".join(moving(number, row, seconds) for number, row in rows)
    style = (
        "text{white-space:pre;font:13px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace}.b{font-weight:bold}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<style>{style}</style><rect width="100%" height="100%" rx="8" fill="{PAPER}"/>{body}</svg>\n'
    )


def standing(frames: Sequence[Timed], number: int) -> Iterator[tuple[int, Timed]]:
    """Yield what stood in one row, each as long as it was the same."""
    for cells, same in groupby(frames, key=lambda frame: frame.what[number]):
        several = list(same)
        if any(character.strip() or paper for character, _, paper, _ in cells):
            yield number, Timed(several[0].begins, several[-1].ends, cells)


def moving(number: int, row: Timed, seconds: float) -> str:
    """Return a row that is there in its time."""
    shape = f'<g transform="translate({MARGIN} {MARGIN + number * DOWN})">{"".join(parts(row.what))}'
    begins, ends = (round(moment / seconds, 5) for moment in (row.begins, row.ends))
    if begins == 0 and ends >= 1:
        return f"{shape}</g>"
    values, times = ["visible", "hidden"], [begins, min(ends, 1)]
    if begins:
        values, times = ["hidden", *values], [0, *times]
    if times[-1] >= 1:
        values, times = values[:-1], times[:-1]
    keys = ";".join(map(str, times))
    return (
        f'{shape}<animate attributeName="visibility" calcMode="discrete" dur="{seconds:.2f}s" '
        f'repeatCount="indefinite" values="{";".join(values)}" keyTimes="{keys}"/></g>'
    )


def parts(cells: Sequence[Cell]) -> Iterator[str]:
    """Yield the shapes of a row: what has the same colours is one."""
    column = 0
    for (ink, paper, bold), same in groupby(cells, key=lambda one: one[1:]):
        text = "".join(one[0] for one in same)
        at, wide = f"{column * ACROSS:.1f}", f"{len(text) * ACROSS:.1f}"
        if paper:
            yield f'<rect x="{at}" width="{wide}" height="{DOWN}" fill="{paper}"/>'
        if text.strip():
            weight = ' class="b"' * bold
            shown = escape(text.rstrip() if not paper else text)
            length = f"{len(text.rstrip() if not paper else text) * ACROSS:.1f}"
            yield f'<text x="{at}" y="13" fill="{ink}" textLength="{length}"{weight}>{shown}</text>'
        column += len(text)


if __name__ == "__main__":
    main()
