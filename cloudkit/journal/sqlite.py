"""A journal in a file that any number of threads and processes of one machine may use at once.

It is SQLite's, in WAL mode: https://www.sqlite.org/wal.html. Each write is one transaction that waits its turn.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import RLock
from weakref import finalize

from cloudkit.errors import JournalError
from cloudkit.journal.database import Statement
from cloudkit.journal.location import check_local, check_space
from cloudkit.journal.refused import refused
from cloudkit.journal.schema import MIGRATIONS, Migrations

__all__ = ["SqliteDatabase"]

APPLICATION = 0x636B6A6C  # marks the file as a journal of ours
BUSY = 30.0  # seconds that a write waits for others
_NUMBER = "INTEGER"  # which SQLite counts up itself


class SqliteDatabase:
    """A file; or, where there is no path, a journal that lives as long as this object.

    Args:
        path: The file; it is made where it is not there.
        migrations: The steps that make its tables.
        mark: What marks the file, so that nothing else is taken for it.
    """

    def __init__(self, path: Path | None, *, migrations: Migrations = MIGRATIONS, mark: int = APPLICATION) -> None:
        self._path = path
        self._mark = mark
        self._migrations = migrations
        self._lock = RLock()
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        self._ending: finalize[[sqlite3.Connection, int], SqliteDatabase] | None = None

    @property
    def where(self) -> str:
        """The file."""
        return str(self._path or "in memory")

    @property
    def alone(self) -> Sequence[Statement]:
        """A file has one writer at a time anyway."""
        return ()

    def write(self, *statements: Statement) -> int:
        """Do all of it or nothing; see `Database.write`."""
        with self._opened() as connection:
            if self._path is not None:
                check_space(self._path)
            connection.execute("BEGIN IMMEDIATE")
            try:
                number = _done(connection, statements)
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # of a full disk, which has rolled back already
                    connection.execute("ROLLBACK")
                raise
            return number

    def read(self, statement: Statement) -> list[tuple[object, ...]]:
        """Return the rows of a query."""
        with self._opened() as connection:
            return list(connection.execute(*statement))

    def close(self) -> None:
        """Let go of the file; calling it twice is no error."""
        with self._lock:
            if self._ending is not None:
                self._ending()
            self._connection = None

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Give the connection to one thread; a forked process opens one of its own, as SQLite wants it."""
        with self._lock, refused(self._path):
            if self._connection is None or (self._path is not None and self._process != os.getpid()):
                self._connection, self._process = self._open(), os.getpid()
                self._ending = finalize(self, _let_go, self._connection, self._process)
            yield self._connection

    def _open(self) -> sqlite3.Connection:
        if self._path is None:
            connection = _connected(":memory:")
            _migrate(connection, self._migrations, 0, self._mark)
            return connection
        _prepare(self._path)
        connection = _connected(str(self._path))
        try:
            version = _version(connection, self._path, len(self._migrations), self._mark)
            if version < len(self._migrations):
                self._upgrade(connection, self._path)
            connection.execute("PRAGMA synchronous = FULL")  # so that a loss of power loses nothing either
        except BaseException:
            connection.close()
            raise
        return connection

    def _upgrade(self, connection: sqlite3.Connection, path: Path) -> None:
        """Make the tables, or those of a newer version; one process at a time."""
        import fcntl

        with path.with_name(f"{path.name}.lock").open("a") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            version = _version(connection, path, len(self._migrations), self._mark)
            connection.execute("PRAGMA journal_mode = WAL")
            _migrate(connection, self._migrations, version, self._mark)


def _done(connection: sqlite3.Connection, statements: Sequence[Statement]) -> int:
    number = 0
    for statement in statements:
        with closing(connection.execute(*statement)) as cursor:
            row = cursor.fetchone()
            number = row[0] if row else 0
    return number


def _connected(name: str) -> sqlite3.Connection:
    return sqlite3.connect(name, timeout=BUSY, isolation_level=None, check_same_thread=False)


def _let_go(connection: sqlite3.Connection, process: int) -> None:
    """Close a connection where it was opened: a forked process would end the locks of the one that it came from."""
    if process == os.getpid():
        connection.close()


def _prepare(path: Path) -> None:
    """Make the file, for nobody else to read, or see that it may be written to."""
    check_local(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):  # one that is there is not opened here: closing it would end SQLite's own locks
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    if not path.is_file():
        raise JournalError(f"the journal {path} is no file", hint="CLOUDKIT_JOURNAL=/path/of/a/file")
    if not os.access(path, os.W_OK):
        message = f"the journal {path} cannot be written to, so nothing was begun"
        raise JournalError(message, hint=f"ls -l {path}; or CLOUDKIT_JOURNAL=/another/file")


def _version(connection: sqlite3.Connection, path: Path, known: int, mark: int) -> int:
    """Return how many migrations a file has had; refuse one of another program, and one of a newer cloudkit."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # first: the mark comes with them
    version, found = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("user_version", "application_id"))
    if found != mark and tables:
        message = f"{path} is a database of another program, not a journal; it was left as it is"
        raise JournalError(message, hint="CLOUDKIT_JOURNAL=/another/file")
    if version > known:
        message = f"the journal {path} was written by a newer cloudkit: it has version {version}, known is {known}"
        raise JournalError(message, hint="pip install --upgrade cloudkit-sdk; or CLOUDKIT_JOURNAL=/another/file")
    return int(version)


def _migrate(connection: sqlite3.Connection, migrations: Migrations, version: int, mark: int) -> None:
    """Take the steps that are left, all or none of them."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in migrations[version:]:
            for statement in step:
                connection.execute(statement.format(number=_NUMBER))
        connection.execute(
            "INSERT INTO facts (name, content) VALUES ('salt', lower(hex(randomblob(16)))) ON CONFLICT DO NOTHING"
        )
        connection.execute(f"PRAGMA application_id = {mark}")
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
