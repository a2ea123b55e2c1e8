"""The tables of other tools' commands name calls that are there."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from cloudkit import App, Cloud

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "coming-from.md"
CALL = re.compile(r"`((?:\w+ = |with )?(?:cloud|web)\.[^`]*)`")
CALLS = sorted(set(CALL.findall(PAGE.read_text("utf-8"))))


@pytest.mark.parametrize("call", CALLS)
def test_a_call_of_the_tables_fits_its_signature(call: str) -> None:
    """Each method is there, and takes what the table gives it."""
    tree = ast.parse(f"{call}\n    pass" if call.startswith("with ") else call)
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]

    assert found
    for node in found:
        assert isinstance(node.func, ast.Attribute)
        on_app = not (isinstance(node.func.value, ast.Name) and node.func.value.id == "cloud")
        method = getattr(App if on_app else Cloud, node.func.attr)
        names = {keyword.arg: None for keyword in node.keywords if keyword.arg}
        inspect.signature(method).bind(None, *node.args, **names)
