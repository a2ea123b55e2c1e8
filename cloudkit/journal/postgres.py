"""A journal that a team shares: tables in a schema of their own in a Postgres database."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import RLock
from typing import TYPE_CHECKING, TypeVar

from cloudkit.config.journal import journal_shown
from cloudkit.errors import JournalError
from cloudkit.journal.database import Statement
from cloudkit.journal.schema import MIGRATIONS, Migrations

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["PostgresDatabase"]

T = TypeVar("T")
SCHEMA = "cloudkit_journal"
TURN = 0x636B6A6C  # the advisory lock of whoever makes the tables
_CONNECT = 10  # seconds
_NUMBER = "BIGINT GENERATED ALWAYS AS IDENTITY"
_SETTINGS = "SET search_path TO {schema}; SET statement_timeout TO '30s'"
_HINT = "psql with that URL; or CLOUDKIT_JOURNAL=off"


class PostgresDatabase:
    """A database; the connection is made when it is first needed, and again after a cut.

    Args:
        url: Such as ``postgresql://ann@db.example/team``; what it leaves out, libpq's variables and files say.
        migrations: The steps that make its tables.
        schema: What holds them.
    """

    def __init__(self, url: str, *, migrations: Migrations = MIGRATIONS, schema: str = SCHEMA) -> None:
        self._url = url
        self._schema = schema
        self._migrations = migrations
        self._lock = RLock()
        self._connection: Connection[tuple[object, ...]] | None = None
        self._process = 0

    @property
    def where(self) -> str:
        """Its URL without a password."""
        return journal_shown(self._url)

    @property
    def alone(self) -> Sequence[Statement]:
        """A lock on the tables; writers take them in this order, too."""
        return (("LOCK TABLE specs, entries IN SHARE ROW EXCLUSIVE MODE", ()),)

    def write(self, *statements: Statement) -> int:
        """Do all of it or nothing; see `Database.write`."""

        def act(connection: Connection[tuple[object, ...]]) -> int:
            with connection.transaction():
                return _done(connection, statements)

        return self._with(act)

    def read(self, statement: Statement) -> list[tuple[object, ...]]:
        """Return the rows of a query."""
        return self._with(lambda connection: connection.execute(*_translated(statement)).fetchall())

    def close(self) -> None:
        """Let go of the connection; calling it twice is no error."""
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
            self._connection = None

    def _with(self, act: Callable[[Connection[tuple[object, ...]]], T]) -> T:
        """Act on the connection, which one thread has at a time; where it was cut while idle, on another one."""
        with self._lock, self._refused():
            fresh = self._connection is None or self._process != os.getpid()
            connection = self._opened()
            if not fresh:
                connection = self._checked(connection)
            return act(connection)

    def _checked(self, connection: Connection[tuple[object, ...]]) -> Connection[tuple[object, ...]]:
        """Return a connection that the server still answers on, so that no write is sent twice."""
        from psycopg import OperationalError

        try:
            connection.execute("SELECT 1")
        except OperationalError:
            with suppress(OperationalError):
                connection.close()
            self._connection = None
            return self._opened()
        return connection

    def _opened(self) -> Connection[tuple[object, ...]]:
        """Return the connection; a forked process opens one of its own."""
        if self._connection is None or self._process != os.getpid():
            self._connection, self._process = self._open(), os.getpid()
        return self._connection

    def _open(self) -> Connection[tuple[object, ...]]:
        from psycopg import connect

        connection = connect(
            self._url,
            autocommit=True,
            connect_timeout=_CONNECT,
            client_encoding="utf8",
            fallback_application_name="cloudkit journal",
        )
        try:
            connection.execute(_SETTINGS.format(schema=self._schema).encode())
            version = _version(connection)
            if version < len(self._migrations):
                self._upgrade(connection)
            self._refuse_newer(version)
        except BaseException:
            connection.close()
            raise
        return connection

    def _refuse_newer(self, version: int) -> None:
        known = len(self._migrations)
        if version > known:
            message = f"the journal {self.where} is of a newer cloudkit: it has version {version}, known is {known}"
            raise JournalError(message, hint="pip install --upgrade cloudkit-sdk; or CLOUDKIT_JOURNAL=/a/file")

    def _upgrade(self, connection: Connection[tuple[object, ...]]) -> None:
        """Make the tables, or those of a newer version: all steps or none, one process at a time."""
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (TURN,))
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {self._schema}".encode())
            for step in self._migrations[_version(connection) :]:
                for statement in step:
                    connection.execute(statement.format(number=_NUMBER).encode())
            for name, content in (("salt", secrets.token_hex(16)), ("version", str(len(self._migrations)))):
                kept = "NOTHING" if name == "salt" else "UPDATE SET content = excluded.content"
                insert = f"INSERT INTO facts (name, content) VALUES (%s, %s) ON CONFLICT (name) DO {kept}"  # noqa: S608  # ours
                connection.execute(insert.encode(), (name, content))

    @contextmanager
    def _refused(self) -> Iterator[None]:
        """Raise what goes wrong as ``JournalError``."""
        try:
            import psycopg
        except ImportError as error:
            message = f"the journal {self.where} is on Postgres, whose library is not installed: no module {error.name}"
            raise JournalError(message, hint="pip install 'cloudkit-sdk[postgres]'") from error
        try:
            yield
        except psycopg.Error as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            message = f"the journal {self.where} cannot be used, so nothing was begun: {lines[0]}"
            raise JournalError(message, hint=_HINT, evidence=lines[1:4]) from error


def _done(connection: Connection[tuple[object, ...]], statements: Sequence[Statement]) -> int:
    number = 0
    for statement in statements:
        cursor = connection.execute(*_translated(statement))
        row = cursor.fetchone() if cursor.description else None
        number = int(str(row[0])) if row else 0
    return number


def _translated(statement: Statement) -> tuple[bytes, Sequence[object]]:
    """Return a statement as psycopg wants it; it is given as bytes, as only literal texts are typed as SQL."""
    return statement[0].replace("?", "%s").encode(), statement[1]


def _version(connection: Connection[tuple[object, ...]]) -> int:
    """Return how many migrations a database has had; 0 where there are no tables."""
    if connection.execute("SELECT to_regclass('facts')").fetchone() == (None,):
        return 0
    row = connection.execute("SELECT content FROM facts WHERE name = 'version'").fetchone()
    return int(str(row[0])) if row else 0
