"""Read an object so that nothing of it is overlooked: what nobody has asked for is named at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["Fields"]


class Fields:
    """The fields of a part of an object, each taken once.

    Args:
        values: The part.
        path: Where it stands in the object, dotted.
        lost: Gets the path of each field that is left, or that was taken and cannot be said.

    >>> lost = []
    >>> part = Fields({"image": "web:1", "tty": True, "stdin": False}, "container", lost)
    >>> part.take("image")
    'web:1'
    >>> part.close()
    >>> lost
    ['container.tty']
    """

    def __init__(self, values: Mapping[str, Any] | None, path: str, lost: list[str]) -> None:
        self._left = dict(values or {})
        self._path = path
        self._lost = lost

    def __bool__(self) -> bool:
        return bool(self._left)

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that nobody has taken yet."""
        return tuple(self._left)

    def take(self, name: str, default: Any = None) -> Any:
        """Return a field, which is carried from now on."""
        return self._left.pop(name, default)

    def part(self, name: str) -> Fields:
        """Return a field that has fields itself."""
        return Fields(self._left.pop(name, None), self._at(name), self._lost)

    def parts(self, name: str) -> Iterator[Fields]:
        """Yield the items of a field that is a list of such."""
        for index, item in enumerate(self._left.pop(name, None) or ()):
            yield Fields(item, f"{self._at(name)}[{index}]", self._lost)

    def ignore(self, *names: str, **usual: Any) -> None:
        """Let fields go: those of these names, and those that have the value which they usually have."""
        for name in names:
            self._left.pop(name, None)
        for name, value in usual.items():
            if name in self._left and self._left[name] == value:
                del self._left[name]

    def lose(self, name: str, why: str = "") -> None:
        """Name a field that was taken and cannot be said."""
        self._lost.append(f"{self._at(name)}{f' ({why})' if why else ''}")

    def close(self) -> None:
        """Name what is left; what says nothing is nothing."""
        for name in sorted(self._left):
            if self._left[name] not in (None, False, "", [], {}):
                self._lost.append(self._at(name))
        self._left = {}

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name
