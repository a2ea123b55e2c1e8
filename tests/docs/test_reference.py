"""The reference says what the signatures say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

MAKER = Path(__file__).parents[2] / "docs" / "reference" / "make.py"


def test_the_reference_is_current() -> None:
    """Whoever changes a verb makes the page again: python docs/reference/make.py."""
    spec = importlib.util.spec_from_file_location("reference", MAKER)
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)

    made = maker.page()

    assert made == maker.PAGE.read_text("utf-8")
