"""Rows and specs in a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from cloudkit.errors import JournalError
from cloudkit.journal.database import Database, Statement
from cloudkit.journal.row import COLUMNS, Place, Row

__all__ = ["Store"]

_GIVEN = tuple(name for name in COLUMNS if name != "number")
_SELECT = f"SELECT {', '.join(COLUMNS)} FROM entries"  # noqa: S608  # names of our own columns
_INSERT = f"INSERT INTO entries ({', '.join(_GIVEN)}) VALUES ({', '.join('?' * len(_GIVEN))}) RETURNING number"  # noqa: S608  # likewise
_SPEC = "INSERT INTO specs (digest, content) VALUES (?, ?) ON CONFLICT DO NOTHING"

_UNNAMED = (
    "DELETE FROM specs WHERE digest NOT IN (SELECT before FROM entries WHERE before IS NOT NULL "
    "UNION SELECT after FROM entries WHERE after IS NOT NULL UNION SELECT wanted FROM entries WHERE wanted IS NOT NULL)"
)
_AT_ONCE = 500  # values of one statement


class Store:
    """The journal's rows, and the specs that they name by their digests.

    Args:
        database: What keeps them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def where(self) -> str:
        """Where it is, without credentials."""
        return self._database.where

    @cached_property
    def salt(self) -> bytes:
        """What the digests of this journal's secrets are made with."""
        return bytes.fromhex(str(self._one(("SELECT content FROM facts WHERE name = ?", ("salt",)))))

    def begin(self, row: Row, specs: Mapping[str, str]) -> int:
        """Add a row and return its number.

        Args:
            row: The row; its number is not heeded.
            specs: The contents of specs that it names, by digest.
        """
        values = tuple(getattr(row, name) for name in _GIVEN)
        return self._database.write(*_kept(specs), (_INSERT, values))

    def change(self, number: int, values: Mapping[str, object], specs: Mapping[str, str]) -> None:
        """Note more of a row.

        Args:
            number: Which one.
            values: What is known now, by column.
            specs: The contents of specs that it names, by digest.
        """
        columns = ", ".join(f"{name} = ?" for name in values)
        statement = f"UPDATE entries SET {columns} WHERE number = ?"  # noqa: S608  # names of our own columns
        self._database.write(*_kept(specs), (statement, (*values.values(), number)))

    def remove(self, numbers: Sequence[int]) -> None:
        """Remove rows, and the specs that no other row names: all of it or nothing."""
        parts = [tuple(numbers[start : start + _AT_ONCE]) for start in range(0, len(numbers), _AT_ONCE)]
        rows = ((f"DELETE FROM entries WHERE number IN ({', '.join('?' * len(part))})", part) for part in parts)  # noqa: S608  # as many signs as values
        self._database.write(*self._database.alone, *rows, (_UNNAMED, ()))

    def rows(
        self,
        place: Place,
        *,
        app: str | None = None,
        since: int | None = None,
        until: int | None = None,
        last: int | None = None,
        plans: bool = False,
    ) -> list[Row]:
        """Return rows of a place in the order of their numbers.

        Args:
            place: The place.
            app: Only those of this app.
            since: Only those that began then or later, in microseconds since the epoch.
            until: Only those that began then or before.
            last: So many at most, the last ones.
            plans: Only those that have a plan.
        """
        wanted: list[tuple[str, object]] = [
            ("backend = ?", place.backend), ("endpoint = ?", place.endpoint), ("namespace = ?", place.namespace)
        ]  # fmt: skip
        limits = (("app = ?", app), ("begun >= ?", since), ("begun <= ?", until), ("plan <> ?", "" if plans else None))
        wanted += [(condition, value) for condition, value in limits if value is not None]
        where = " AND ".join(condition for condition, _ in wanted)
        query = f"{_SELECT} WHERE {where} ORDER BY number DESC LIMIT ?"
        rows = self._database.read((query, (*(value for _, value in wanted), 1 << 62 if last is None else last)))
        return [Row.of(values) for values in reversed(rows)]

    def spec(self, digest: str) -> str:
        """Return the content of a spec."""
        return str(self._one(("SELECT content FROM specs WHERE digest = ?", (digest,))))

    def close(self) -> None:
        """Let go of the database; calling it twice is no error."""
        self._database.close()

    def _one(self, statement: Statement) -> object:
        rows = self._database.read(statement)
        if not rows:
            message = f"the journal {self.where} lacks a part of itself: {statement[1][0]}"
            raise JournalError(message, hint=f"mv {self.where} {self.where}.damaged")
        return rows[0][0]


def _kept(specs: Mapping[str, str]) -> Iterator[Statement]:
    return ((_SPEC, (digest, content)) for digest, content in specs.items())
