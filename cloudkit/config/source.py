"""Where each value of a configuration came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Source", "Sources"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One value and its origin.

    Args:
        name: The setting.
        value: Its value, without credentials.
        origin: ``argument``, an environment variable, a file, ``default``.
    """

    name: str
    value: str
    origin: str

    def __str__(self) -> str:
        return f"{self.name} = {self.value}  ({self.origin})"


@dataclass(frozen=True, slots=True)
class Sources:
    """All values of a configuration with their origins; its text is a table.

    >>> print(Sources((Source(name="backend", value="docker", origin="default"),)))
    setting  value   from
    backend  docker  default
    """

    rows: tuple[Source, ...]

    def __iter__(self) -> Iterator[Source]:
        return iter(self.rows)

    def __getitem__(self, name: str) -> Source:
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)

    def __str__(self) -> str:
        table = [("setting", "value", "from"), *((row.name, row.value, row.origin) for row in self.rows)]
        widths = [max(len(line[column]) for line in table) for column in (0, 1)]
        return "\n".join(f"{name:{widths[0]}}  {value:{widths[1]}}  {origin}" for name, value, origin in table)
