"""Variables in compose files, by the rules of compose.

Source: https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cloudkit.errors import ConfigError

__all__ = ["escaped", "interpolated"]

DEEPEST = 20
_START = re.compile(
    r"\$(?:(?P<escape>\$)|(?P<plain>[A-Za-z_][A-Za-z0-9_]*)|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<bad>.|\Z))",
    re.DOTALL,
)
_OPERATOR = re.compile(r":?[-?+]")


def escaped(text: str) -> str:
    """Return a text that compose takes as it is.

    >>> escaped("cost: $5")
    'cost: $$5'
    """
    return text.replace("$", "$$")


def interpolated(data: Any, environ: Mapping[str, str], where: str = "") -> Any:  # noqa: ANN401  # plain data
    """Return plain data with the variables in its texts put in; keys stay as they are.

    Raises:
        ConfigError: A variable is wanted and not set, or a text is wrong.

    >>> interpolated({"image": "web:${TAG:-1}", "cost": "$$5"}, {})
    {'image': 'web:1', 'cost': '$5'}
    """
    if isinstance(data, str):
        return _Text(data, environ, where).whole() if "$" in data else data
    if isinstance(data, Mapping):
        return {key: interpolated(item, environ, f"{where}.{key}" if where else str(key)) for key, item in data.items()}
    if isinstance(data, list):
        return [interpolated(item, environ, f"{where}[{index}]") for index, item in enumerate(data)]
    return data


class _Text:
    """One text, read from left to right."""

    def __init__(self, text: str, environ: Mapping[str, str], where: str) -> None:
        self._text, self._environ, self._where = text, environ, where

    def whole(self) -> str:
        """Return the text with its variables put in."""
        found, _ = self._until(0, "", 0)
        return found

    def _until(self, place: int, stop: str, depth: int) -> tuple[str, int]:
        """Read up to a closing brace, or the end; return what it means, and the place after it."""
        if depth > DEEPEST:
            raise self._wrong("braces in braces too deep")
        parts = list[str]()
        while place < len(self._text):
            if stop and self._text[place] == stop:
                return "".join(parts), place + 1
            if self._text[place] != "$":
                parts.append(self._text[place])
                place += 1
                continue
            part, place = self._variable(place, depth)
            parts.append(part)
        if stop:
            raise self._wrong("a brace is not closed")
        return "".join(parts), place

    def _variable(self, place: int, depth: int) -> tuple[str, int]:
        match = _START.match(self._text, place)
        if match is None or match["bad"] is not None:
            raise self._wrong("a dollar sign that names no variable; written twice it is one")
        if match["escape"]:
            return "$", match.end()
        if match["plain"]:
            return self._environ.get(match["plain"], ""), match.end()
        name, place = match["name"], match.end()
        operator = _OPERATOR.match(self._text, place)
        if operator is None:
            rest, end = self._until(place, "}", depth + 1)
            if rest:
                raise self._wrong(f"what follows the variable {name}")
            return self._environ.get(name, ""), end
        word, end = self._until(operator.end(), "}", depth + 1)
        return self._decided(name, operator[0], word), end

    def _decided(self, name: str, operator: str, word: str) -> str:
        value = self._environ.get(name)
        there = value is not None and (value != "" or not operator.startswith(":"))
        if operator[-1] == "+":
            return word if there else ""
        if there:
            return value or ""
        if operator[-1] == "-":
            return word
        raise ConfigError(f"{self._where} needs the variable {name}: {word or 'it is not set'}", hint=f"{name}=...")

    def _wrong(self, what: str) -> ConfigError:
        return ConfigError(f"{self._where} has {what}", hint="${NAME}, ${NAME:-default}, ${NAME:?message}, or $$")
