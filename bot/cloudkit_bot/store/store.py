"""The bot's own database: in a file beside the journal, or in Postgres, where several bots share it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cloudkit.config.journal import IN_MEMORY, POSTGRES
from cloudkit.errors import ConfigError, JournalError
from cloudkit.journal.database import Database, Statement
from cloudkit_bot.store.deliveries import Deliveries
from cloudkit_bot.store.incidents import Incidents
from cloudkit_bot.store.installations import Installations, States
from cloudkit_bot.store.requests import Requests
from cloudkit_bot.store.tables import MIGRATIONS
from cloudkit_bot.store.works import Works

__all__ = ["Store", "open_store"]

SCHEMA = "cloudkit_bot"
MARK = 0x636B626F  # marks a file as one of ours
FILE = "bot.sqlite"
HINT = "CLOUDKIT_BOT_STORE=/another/file, or postgresql://host/name"


class Store:
    """The tables of the bot.

    Args:
        database: What keeps them.
        clock: Seconds since the epoch.
        lasting: True where another process can have them, and a later one.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time, *, lasting: bool = True) -> None:
        self.database = Named(database)
        self.lasting = lasting
        self.requests = Requests(self.database, clock)
        self.works = Works(self.database, clock)
        self.deliveries = Deliveries(self.database, clock)
        self.incidents = Incidents(self.database, clock)
        self.installations = Installations(self.database, clock)
        self.states = States(self.database, clock)

    def close(self) -> None:
        """Let go of the database; calling it twice is no error."""
        self.database.close()


class Named:
    """A database whose failures name it as the bot's own.

    Args:
        database: The database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def where(self) -> str:
        """Where it is, without credentials."""
        return self._database.where

    @property
    def alone(self) -> Sequence[Statement]:
        """What a write begins with that no other writer may stand beside; see `Database.alone`."""
        return self._database.alone

    def write(self, *statements: Statement) -> int:
        """Do all of it or nothing; see `Database.write`."""
        with named():
            return self._database.write(*statements)

    def read(self, statement: Statement) -> list[tuple[object, ...]]:
        """Return the rows of a query."""
        with named():
            return self._database.read(statement)

    def close(self) -> None:
        """Let go of the connection; calling it twice is no error."""
        self._database.close()


@contextmanager
def named() -> Iterator[None]:
    try:
        yield
    except JournalError as error:
        said = error.summary.replace("the journal", "the bot's store", 1)
        raise JournalError(said, hint=HINT, evidence=error.evidence) from error


def open_store(setting: str, journal: str, clock: Callable[[], float] = time.time) -> Store:
    """Return the bot's store, which connects when it is first used.

    Args:
        setting: A file, a Postgres URL or ``memory``; where empty, it is where the journal is.
        journal: Where the journal is: a file, a Postgres URL, ``memory`` or ``off``.
        clock: Seconds since the epoch.

    Raises:
        ConfigError: It would be the journal's own file, or is the address of something else.
    """
    where = setting or beside(journal)
    if where.startswith(POSTGRES):
        from cloudkit.journal.postgres import PostgresDatabase

        return Store(PostgresDatabase(where, migrations=MIGRATIONS, schema=SCHEMA), clock)
    if "://" in where or (setting not in ("", IN_MEMORY) and Path(where).absolute() == Path(journal).absolute()):
        raise ConfigError("the setting store is neither a file of the bot's own nor a Postgres URL", hint=HINT)
    from cloudkit.journal.sqlite import SqliteDatabase

    path = None if where == IN_MEMORY else Path(where).expanduser()
    return Store(SqliteDatabase(path, migrations=MIGRATIONS, mark=MARK), clock, lasting=path is not None)


def beside(journal: str) -> str:
    """Return where the store is when nothing says it."""
    if journal == IN_MEMORY or journal.startswith(POSTGRES):
        return journal
    if Path(journal).is_absolute():
        return str(Path(journal).with_name(FILE))
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return str(Path(base) / "cloudkit" / FILE)
