"""The tutorial's notebook runs as it stands, and shows what it says."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import nbformat
import pytest

DOCS = Path(__file__).parents[2] / "docs"


def test_the_notebook_runs_and_shows_the_same_kinds_of_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each cell but the one that is to fail; whoever changes a cell runs it anew: python docs/notebook.py."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    spec = importlib.util.spec_from_file_location("notebook", DOCS / "notebook.py")
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)

    kept, run = nbformat.read(maker.PAGE, as_version=4), maker.run()

    assert kinds(run) == kinds(kept)
    assert any("<table>" in output.data.get("text/html", "") for cell in run.cells for output in outputs(cell))


def kinds(notebook: nbformat.NotebookNode) -> list[list[str]]:
    """Return which kinds of output each cell has."""
    return [[output.output_type for output in cell.get("outputs", [])] for cell in notebook.cells]


def outputs(cell: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Return the outputs of a cell that have data."""
    return [output for output in cell.get("outputs", []) if "data" in output]
