"""The Python of each page runs, in its order, on the in-memory twin."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cloudkit import Cloud

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = sorted((DOCS / "how-to").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_the_python_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each block runs after the one before it, in an empty folder, with a cloud in memory as ``cloud``."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"cloud": Cloud("memory")}

    for block in BLOCK.finditer(page.read_text("utf-8")):
        line = page.read_text("utf-8")[: block.start(1)].count("\n")
        exec(compile("\n" * line + block[1], str(page), "exec"), names)
