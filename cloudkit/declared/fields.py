"""A mapping of somebody else's that is read field by field, and knows what nobody has read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from cloudkit.errors import ConfigError
from cloudkit.model.refusal import shown

__all__ = ["Fields"]

T = TypeVar("T")


class Fields:
    """One mapping and where it stands; what is taken from it counts as used.

    Args:
        data: The mapping.
        where: Its place, such as ``services.web``.

    >>> web = Fields({"image": "web:1", "tty": True, "build": {"context": "."}}, "services.web")
    >>> web.take("image"), list(web.unused())
    ('web:1', ['services.web.tty', 'services.web.build.context'])
    """

    def __init__(self, data: object, where: str) -> None:
        if not isinstance(data, Mapping):
            raise ConfigError(f"{where} is {shown(data)}, which is no mapping")
        self._data = data
        self._used: set[str] = set()
        self._parts: dict[str, list[Fields]] = {}
        self.where = where

    def __contains__(self, name: str) -> bool:
        return self._data.get(name) is not None

    def place(self, name: str) -> str:
        """Return where a field stands."""
        return f"{self.where}.{name}" if self.where else name

    def take(self, name: str) -> Any:  # noqa: ANN401  # somebody else's data
        """Return a field as it is; None where it is not there."""
        self._used.add(name)
        return self._data.get(name)

    def text(self, name: str) -> str | None:
        """Return a field as text; a number or a switch is its text."""
        value = self.take(name)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int | float):
            return str(value)
        raise ConfigError(f"{self.place(name)} is {shown(value)}, which is no text")

    def items(self, name: str) -> Sequence[Any]:
        """Return a field that is a list; empty where it is not there."""
        value = self.take(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise ConfigError(f"{self.place(name)} is {shown(value)}, which is no list")
        return value

    def mapping(self, name: str) -> Mapping[str, Any]:
        """Return a field that is a mapping, used as a whole; empty where it is not there."""
        value = self.take(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise ConfigError(f"{self.place(name)} is {shown(value)}, which is no mapping")
        return {str(key): item for key, item in value.items()}

    def part(self, name: str) -> Fields:
        """Return a field that is a mapping, to be read field by field; an empty one where it is not there."""
        if name not in self._parts:
            self._used.add(name)
            self._parts[name] = [Fields(self._data.get(name) or {}, self.place(name))]
        return self._parts[name][0]

    def parts(self, name: str) -> list[Fields]:
        """Return a field that is a list of mappings, each to be read field by field."""
        if name not in self._parts:
            self._parts[name] = [Fields(one, f"{self.place(name)}[{i}]") for i, one in enumerate(self.items(name))]
        return self._parts[name]

    def named(self, name: str) -> dict[str, Fields]:
        """Return a field that is a mapping of mappings, each to be read field by field."""
        if name not in self._parts:
            whole = self.mapping(name)
            self._parts[name] = [Fields(one or {}, f"{self.place(name)}.{key}") for key, one in whole.items()]
        return {one.where.removeprefix(f"{self.place(name)}."): one for one in self._parts[name]}

    def skip(self) -> None:
        """Count the whole mapping as used, as something else is said of it."""
        self._used.update(map(str, self._data))
        self._parts.clear()

    def leave(self, name: str) -> None:
        """Count a field as not used, though it was looked at."""
        self._used.discard(name)

    def unused(self) -> Iterator[str]:
        """Yield the place of each field that nobody has read, as deep as it goes."""
        for name, value in self._data.items():
            if name not in self._used:
                yield from _leaves(self.place(str(name)), value)
        for parts in self._parts.values():
            for part in parts:
                yield from part.unused()


def _leaves(where: str, value: object) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        for name, item in value.items():
            yield from _leaves(f"{where}.{name}", item)
    else:
        yield where
