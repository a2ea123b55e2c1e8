"""What the store needs of a database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

__all__ = ["Database", "Statement"]

Statement: TypeAlias = tuple[str, Sequence[object]]
"""SQL with ``?`` where a value stands, and the values."""


class Database(Protocol):
    """A place that keeps rows; several threads and processes may use it at once."""

    @property
    def where(self) -> str:
        """Where it is, without credentials."""
        ...

    @property
    def alone(self) -> Sequence[Statement]:
        """What a write begins with that no other writer may stand beside, so that what it looks at stays as it is."""
        ...

    def write(self, *statements: Statement) -> int:
        """Do all of it or nothing, kept for good when this returns.

        Returns:
            The number that the last statement gives with ``RETURNING``; 0 where it gives none.

        Raises:
            JournalError: It cannot be written to.
        """
        ...

    def read(self, statement: Statement) -> list[tuple[object, ...]]:
        """Return the rows of a query."""
        ...

    def close(self) -> None:
        """Let go of the connection; calling it twice is no error."""
        ...
