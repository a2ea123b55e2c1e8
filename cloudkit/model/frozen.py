"""What frozen values share: a mapping that cannot change, a copy with other fields, a repr of what was chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["FrozenMapping", "changed", "chosen", "default_of"]

V = TypeVar("V")
T = TypeVar("T", bound="DataclassInstance")


class FrozenMapping(Mapping[str, V]):
    """A copy of a mapping that nobody can change; unlike ``MappingProxyType`` it can be hashed, copied and pickled.

    >>> env = FrozenMapping({"A": "1"})
    >>> env == {"A": "1"}, env | {"B": "2"}
    (True, {'A': '1', 'B': '2'})
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, V]) -> None:
        self._items = dict(items)

    def __getitem__(self, key: str) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __or__(self, other: Mapping[str, V]) -> dict[str, V]:
        """Return a dictionary of both, as dictionaries do."""
        return {**self._items, **other}

    def __repr__(self) -> str:
        return repr(self._items)


def changed(value: T, changes: Mapping[str, object]) -> T:
    """Return a dataclass with some fields changed, by names known only at run time; it checks their values itself."""
    return replace(value, **changes)


def chosen(self: DataclassInstance) -> str:
    """Return the repr of a dataclass without the fields that have their defaults; it still makes the value again."""
    parts = (f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr and is_chosen(self, one))
    return f"{type(self).__name__}({', '.join(parts)})"


def is_chosen(value: DataclassInstance, field: Field[object]) -> bool:
    """Say whether a field has another value than its default."""
    return bool(getattr(value, field.name) != default_of(field))


def default_of(field: Field[object]) -> object:
    """Return the default of a field; ``MISSING`` when it has none."""
    return field.default if field.default_factory is MISSING else field.default_factory()
