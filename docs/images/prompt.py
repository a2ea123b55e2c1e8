"""Make ``prompt.png`` and ``notebook.png``: a real IPython on a terminal, and what the tutorial's notebook shows.

Both run on the in-memory twin: ``python docs/images/prompt.py``. Needs chromium.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import nbformat
from rich.ansi import AnsiDecoder
from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests")]

from scenario.prompt.screen import WIDTH, Screen, ipython  # noqa: E402  the tests' own terminal, found on the path above
from terminal import draw, painting, subprocess  # noqa: E402  beside this file

LINES = (
    "from cloudkit import Cloud; cloud = Cloud('memory')",
    "web = cloud.deploy('web', 'web:1', port=3000, replicas=2, cpu_request='100m'); web",
    "%cloud scale web 3",
    "cloud.apps()",
    "%cloud scale wob 3",
    "cloud.top(count=1)",
)
TYPED = "web.scale(\t"
SIZE = (1000, 1760)
STYLE = """
body { font: 14px/1.45 sans-serif; margin: 24px; width: 950px; color: #1f2328 }
pre, code { font: 13px/1.4 monospace; margin: 0; white-space: pre-wrap }
.in { background: #f6f8fa; border: 1px solid #d0d7de; border-radius: 4px; padding: 7px 10px; margin: 10px 0 4px }
.out { padding: 2px 12px }
table { border-collapse: collapse; font-size: 13px; margin: 4px 0 } td, th { padding: 3px 10px }
tr:nth-child(even) { background: #f6f8fa } h1 { font-size: 24px } h2 { font-size: 18px; margin: 18px 0 4px }
"""


def main() -> None:
    """Make both pictures."""
    screen = ipython()
    try:
        for line in LINES:
            screen.enter(line)
        screen.type(TYPED)
        screen.until(lambda text: text.endswith("3 1"))
        screen.type("\t\t")  # the second one, with what it is
        screen.until(lambda text: text.endswith("wanted are 0.08"))
        draw(drawing(screen), HERE / "prompt.png")
    finally:
        screen.close()
    page = HERE / "notebook.html"
    try:
        page.write_text(notebook(), "utf-8")
        command = painting("chromium", page, HERE / "notebook.png", ",".join(map(str, SIZE)))
        subprocess.run(command, check=True, capture_output=True, timeout=90)
    finally:
        page.unlink()


def drawing(screen: Screen) -> str:
    """Return what stands on a terminal as a picture, with its colours."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    rows = [row(screen.terminal.buffer[number]) for number in range(screen.terminal.lines)]
    while rows and not rows[-1].plain.strip():
        rows.pop()
    for text in rows:
        console.print(text, no_wrap=True)
    return console.export_svg(title="ipython")


def row(cells: Any) -> Text:  # noqa: ANN401  # pyte's own
    """Return one row of a terminal."""
    text = Text()
    for column in range(WIDTH):
        cell = cells[column]
        text.append(cell.data, " ".join(styles(cell)))
    text.rstrip()
    return text


def styles(cell: Any) -> Iterator[str]:  # noqa: ANN401  # pyte's own
    """Yield a cell's style in rich's words."""
    if cell.bold:
        yield "bold"
    if cell.reverse:
        yield "reverse"
    for word, colour in (("", cell.fg), ("on ", cell.bg)):
        if colour != "default":
            yield word + (f"#{colour}" if re.fullmatch("[0-9a-f]{6}", colour) else NAMES.get(colour, colour))


NAMES = {"brown": "yellow"} | {f"bright{name}": f"bright_{name}" for name in ("red", "green", "blue", "black", "cyan")}


def notebook() -> str:
    """Return the tutorial's notebook as a page."""
    cells = nbformat.read(HERE.parent / "tutorial-prompt.ipynb", as_version=4).cells
    return f"<meta charset='utf-8'><style>{STYLE}</style>{''.join(map(cell_html, cells))}"


def cell_html(cell: Any) -> str:  # noqa: ANN401  # nbformat's own
    """Return one cell as HTML."""
    if cell.cell_type == "markdown":
        return "".join(map(paragraph, cell.source.split("\n\n")))
    return f"<div class='in'><pre>{escape(cell.source)}</pre></div>{''.join(map(output_html, cell.outputs))}"


def paragraph(text: str) -> str:
    """Return a heading or a paragraph; the page has no other marks than code."""
    level = len(text) - len(text.lstrip("#"))
    words = re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text[level:].strip(), quote=False))
    return f"<h{level}>{words}</h{level}>" if level else f"<p>{words}</p>"


def output_html(output: Any) -> str:  # noqa: ANN401  # nbformat's own
    """Return one output as HTML: its own, or its text."""
    data = output.get("data", {})
    text = data.get("text/plain") or output.get("text") or "\n".join(output.get("traceback", []))
    plain = "\n".join(line.plain for line in AnsiDecoder().decode(text))
    return f"<div class='out'>{data.get('text/html') or f'<pre>{escape(plain)}</pre>'}</div>"


if __name__ == "__main__":
    main()
