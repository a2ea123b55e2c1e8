"""Make ``notebook.png``, what the tutorial's notebook shows: ``python docs/images/notebook.py``. Needs chromium."""

from __future__ import annotations

import re
import sys
import tempfile
from html import escape
from pathlib import Path
from typing import Any

import nbformat
from rich.ansi import AnsiDecoder

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from terminal import painting, subprocess  # noqa: E402  beside this file

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
    """Make the picture."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "notebook.html")
        page.write_text(notebook(), "utf-8")
        command = painting("chromium", page, HERE / "notebook.png", ",".join(map(str, SIZE)))
        subprocess.run(command, check=True, capture_output=True, timeout=90)


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
