"""What is public says so, and says what it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from typing import TypeGuard

import pytest
from architecture.source import FUNCTION, Module, modules

import cloudkit

VAGUE = {"base", "common", "core", "handler", "handlers", "helper", "helpers", "manager", "misc", "util", "utils"}
NAMED_SO_BY_THE_FIELD = {"cloudkit.registry.helper"}  # docker's credential helpers


def test_no_module_has_a_vague_name() -> None:
    """A module's name says what is inside."""
    names = {module.name for module in modules()} - NAMED_SO_BY_THE_FIELD

    assert {name for name in names if VAGUE & set(name.split("."))} == set()


def test_every_public_module_lists_its_public_names() -> None:
    """``__all__`` is there, and sorted: a package that only holds modules needs none."""
    without = [
        module.name for module in modules() if module.public and module.tree.body[1:] and exported(module) is None
    ]

    assert without == []


def test_every_listed_name_is_there() -> None:
    """``__all__`` tells no lie."""
    missing = [
        f"{module.name}.{name}"
        for module in modules()
        if not module.name.endswith("__main__")
        for name in exported(module) or ()
        if not hasattr(import_module(module.name), name)
    ]

    assert missing == []


def test_the_package_shows_what_it_exports_and_nothing_else() -> None:
    """Whoever completes ``cloudkit.`` at a prompt sees the public names, sorted, each of them cloudkit's own."""
    strangers = [name for name in cloudkit.__all__ if not getattr(cloudkit, name).__module__.startswith("cloudkit.")]

    assert [name for name in dir(cloudkit) if not name.startswith("_")] == sorted(cloudkit.__all__)
    assert strangers == []


def test_every_public_name_has_a_docstring() -> None:
    """Modules, classes, functions and methods that a user can reach say what they promise."""
    bare = [name for module in modules() if module.public for name in undocumented(module)]

    assert bare == []


@pytest.mark.parametrize("package", ["cloudkit.shell", "cloudkit.command", "cloudkit.view", "cloudkit_bot"])
def test_no_front_end_names_a_verb(package: str) -> None:
    """A front end reads the verbs from the catalogue: it compares, matches or looks up none by its name."""
    verbs = verb_names()
    named = [
        f"{module.name}:{node.lineno} {node.value!r}"
        for module in modules()
        if f"{module.name}.".startswith(f"{package}.") and not module.name.startswith("cloudkit_bot.testing")
        for node in decisive(module.tree)
        if node.value in verbs
    ]

    assert {"build", "deploy", "scale"} <= verbs
    assert named == []


def exported(module: Module) -> list[str] | None:
    """Return a module's ``__all__``, None where it has none."""
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            return [str(name) for name in ast.literal_eval(node.value)]
    return None


def undocumented(module: Module) -> Iterator[str]:
    """Yield the names that a module offers and does not describe, its own among them."""
    if module.text.strip() and not ast.get_docstring(module.tree):
        yield module.name
    for node in public(module.tree.body):
        if node.name not in (exported(module) or ()):
            continue
        if not ast.get_docstring(node):
            yield f"{module.name}.{node.name}"
        for inner in public(node.body if isinstance(node, ast.ClassDef) else []):
            if not ast.get_docstring(inner) and not overloaded(inner):
                yield f"{module.name}.{node.name}.{inner.name}"


def public(body: list[ast.stmt]) -> Iterator[ast.ClassDef | FUNCTION]:
    """Yield the classes and functions whose name has no underscore before it."""
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return (node for node in body if isinstance(node, kinds) and not node.name.startswith("_"))


def overloaded(node: ast.ClassDef | FUNCTION) -> bool:
    """Tell whether a decorator gives the node another's docstring."""
    return any(re.search(r"overload|override|setter", ast.unparse(mark)) for mark in node.decorator_list)


def verb_names() -> set[str]:
    """Return the names of the methods that are marked as verbs."""
    return {
        node.name
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, FUNCTION)
        for mark in node.decorator_list
        if re.match(r"verb\b", ast.unparse(mark))
    }


def decisive(tree: ast.AST) -> Iterator[ast.Constant]:
    """Yield every string on which code decides: compared, matched, a key, or the name of an attribute."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare():
                parts = [node.left, *node.comparators]
            case ast.MatchValue(value=value) | ast.Subscript(slice=value):
                parts = [value]
            case ast.Dict(keys=keys):
                parts = [key for key in keys if key]
            case ast.Call(func=ast.Name(id="getattr") | ast.Attribute(attr="get"), args=arguments):
                parts = arguments
            case _:
                continue
        yield from (inner for part in parts for inner in ast.walk(part) if is_text(inner))


def is_text(node: ast.AST) -> TypeGuard[ast.Constant]:
    """Tell whether a node is a string."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
