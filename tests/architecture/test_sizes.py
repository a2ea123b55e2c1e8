"""Files and functions stay small enough to be read at once."""

from __future__ import annotations

from architecture.source import functions, lines, modules

FILE_LIMIT = 400
FUNCTION_LIMIT = 50
NINETIETH_LIMIT = 20


def test_no_file_is_longer_than_400_lines() -> None:
    """A file holds one idea."""
    long = {module.name: module.text.count("\n") for module in modules()}

    assert {name: length for name, length in long.items() if length > FILE_LIMIT} == {}


def test_no_function_is_longer_than_50_lines() -> None:
    """The docstring is not counted."""
    long = {
        f"{module.name}.{function.name}": lines(function)
        for module in modules()
        for function in functions(module)
        if lines(function) > FUNCTION_LIMIT
    }

    assert long == {}


def test_nine_functions_of_ten_have_at_most_20_lines() -> None:
    """The docstring is not counted."""
    lengths = sorted(lines(function) for module in modules() for function in functions(module))

    assert lengths[len(lengths) * 9 // 10] <= NINETIETH_LIMIT
