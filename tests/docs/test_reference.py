"""The reference says what the signatures say."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

MAKER = Path(__file__).parents[2] / "docs" / "reference" / "make.py"


def made_by() -> Any:
    """Return the script as a module."""
    spec = importlib.util.spec_from_file_location("reference", MAKER)
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    return maker


def test_the_reference_is_current() -> None:
    """Whoever changes a verb makes the page again: python docs/reference/make.py."""
    maker = made_by()

    assert maker.page() == maker.PAGE.read_text("utf-8")


def test_the_schema_of_declarations_is_current() -> None:
    """It is made from the options, by the same script."""
    maker = made_by()

    assert maker.schema_text() == maker.SCHEMA.read_text("utf-8")
