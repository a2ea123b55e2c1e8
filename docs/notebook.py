"""Run the tutorial's notebook anew, on the in-memory twin, and keep what its cells show: python docs/notebook.py."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient

PAGE = Path(__file__).with_name("tutorial-prompt.ipynb")


def run() -> nbformat.NotebookNode:
    """Return the notebook with what its cells show; one that fails raises."""
    notebook = nbformat.read(PAGE, as_version=4)
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute(env=os.environ | {"CLOUDKIT_BACKEND": "memory"})
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    return notebook


if __name__ == "__main__":
    nbformat.write(run(), PAGE)
