"""The source of the packages under test, installed or not, as the architecture's laws read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cloudkit
import cloudkit_bot

__all__ = ["FUNCTION", "Module", "functions", "lines", "modules"]

PACKAGES = (Path(cloudkit.__file__).parent, Path(str(cloudkit_bot.__file__)).parent)
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file: its dotted name, its text and what it parses to."""

    name: str
    text: str
    tree: ast.Module

    @property
    def public(self) -> bool:
        """True when no part of its name begins with an underscore."""
        return not any(part.startswith("_") for part in self.name.split("."))


@cache
def modules() -> tuple[Module, ...]:
    """Return every module of the packages."""
    return tuple(read(path, package) for package in PACKAGES for path in sorted(package.rglob("*.py")))


def read(path: Path, package: Path) -> Module:
    """Return one file of a package as a module."""
    parts = path.relative_to(package.parent).with_suffix("").parts
    text = path.read_text(encoding="utf-8")
    return Module(".".join(part for part in parts if part != "__init__"), text, ast.parse(text))


def functions(module: Module) -> Iterator[FUNCTION]:
    """Yield a module's functions and methods, nested ones too."""
    return (node for node in ast.walk(module.tree) if isinstance(node, FUNCTION))


def lines(function: FUNCTION) -> int:
    """Return the length of a function without its docstring and its decorators."""
    docstring = function.body[0] if ast.get_docstring(function) else None
    described = docstring.end_lineno - docstring.lineno + 1 if docstring and docstring.end_lineno else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - described
