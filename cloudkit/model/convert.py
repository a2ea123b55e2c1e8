"""What a person types for an option, as the value that it means: Python's own types and their text forms alike.

Each function takes the option's name, for its errors, and whatever was given.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from cloudkit.model.refusal import refusal, shown

__all__ = ["amount", "flag", "integer", "or_none", "pairs", "several", "text", "texts", "words"]

T = TypeVar("T")
LONGEST_LINE = 131_072
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}+", re.ASCII)
_FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def flag(option: str, value: object) -> bool:
    """Read True or False, or ``yes``, ``no``, ``on``, ``off``, ``1``, ``0`` in any case.

    >>> flag("init", "Yes"), flag("init", False)
    (True, False)
    """
    found = value if isinstance(value, bool) else _FLAGS.get(value[:8].lower()) if isinstance(value, str) else None
    if found is None:
        raise refusal(option, value, "True or False, or as text one of " + ", ".join(_FLAGS))
    return found


def integer(option: str, value: object) -> int:
    """Read a whole number, or its digits.

    >>> integer("replicas", "3")
    3
    """
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise refusal(option, value, "a whole number")
    return value


def text(option: str, value: object) -> str:
    """Read a text."""
    if not isinstance(value, str):
        raise refusal(option, value, "a text")
    return value


def amount(option: str, value: object) -> str:
    """Read a quantity: its text, or a number of cores or bytes.

    >>> amount("cpu", 0.5), amount("memory", "256Mi")
    ('0.5', '256Mi')
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise refusal(option, value, "a quantity such as 500m, 2, 256Mi or 1G, or a number")
    return value if isinstance(value, str) else shown(value)


def several(option: str, value: object) -> tuple[object, ...]:
    """Read a list or tuple; one thing alone is a list of it.

    >>> several("port", 80), several("port", [80, 443])
    ((80,), (80, 443))
    """
    if isinstance(value, Mapping | bytes | bytearray) or value is None:
        raise refusal(option, value, "one value, or a list of them")
    return (value,) if isinstance(value, str) or not isinstance(value, Sequence) else tuple(value)


def texts(option: str, value: object) -> tuple[str, ...]:
    """Read a list of texts; one alone is a list of it."""
    return tuple(text(option, item) for item in several(option, value))


def words(option: str, value: object) -> tuple[str, ...]:
    """Read a command: its words, or one line split as a shell splits it.

    >>> words("command", "npm run 'my script'"), words("command", ["npm", "start"])
    (('npm', 'run', 'my script'), ('npm', 'start'))
    """
    if not isinstance(value, str):
        return texts(option, value)
    if len(value) > LONGEST_LINE:
        raise refusal(option, value, f"at most {LONGEST_LINE} characters")
    try:
        return tuple(shlex.split(value))
    except ValueError as error:
        allowed = "a line whose quotes are closed, or a list of words"
        raise refusal(option, value, allowed, hint=str(error).lower()) from None


def pairs(option: str, value: object) -> dict[str, object]:
    """Read a mapping, or a list of ``KEY=VALUE``; no error shows a value, as it may be secret.

    >>> pairs("env", ["A=1", "B=x=y"]), pairs("env", {"A": "1"})
    ({'A': '1', 'B': 'x=y'}, {'A': '1'})
    """
    if isinstance(value, Mapping):
        return {text(f"{option}: name", key): item for key, item in value.items()}
    found: dict[str, object] = {}
    for item in several(option, value):
        key, equals, content = item.partition("=") if isinstance(item, str) else ("", "", "")
        if not equals or key in found:
            given = key if equals else type(item).__name__
            raise refusal(option, given, "KEY=VALUE, each KEY once")
        found[key] = content
    return found


def or_none(convert: Callable[[str, object], T]) -> Callable[[str, object], T | None]:
    """Let an option be taken back, too: by None, or by an empty text."""

    def read(option: str, value: object) -> T | None:
        return None if value is None or value == "" else convert(option, value)

    return read
