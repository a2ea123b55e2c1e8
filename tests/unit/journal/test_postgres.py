"""A journal that a team shares, in a real Postgres: what holds for the file holds for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from conftest import absent
from testbed.postgres import serving

from cloudkit.cloud import Cloud
from cloudkit.errors import JournalError
from cloudkit.journal.postgres import PostgresDatabase
from cloudkit.journal.schema import MIGRATIONS, Migrations
from cloudkit.model.secret import Secret
from cloudkit.testing import twin

WRITERS, ENTRIES = 4, 10
WRITER = f"""
import sys, threading
from cloudkit import Cloud
cloud = Cloud("memory", journal=sys.argv[1])
def work():
    for _ in range({ENTRIES}):
        with cloud._session.operation("exec", "web"):
            pass
threads = [threading.Thread(target=work) for _ in range(2)]
for one in threads: one.start()
for one in threads: one.join()
"""
VERSION = ("SELECT content FROM facts WHERE name = 'version'", ())


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server, by its URL."""
    with serving() as url:
        if url is None:
            absent(request.config, "postgres", "no Postgres: apt-get install postgresql")
        yield url


@pytest.fixture
def url(server: str) -> Iterator[str]:
    """The URL of a database that has nothing yet."""
    name = f"t{os.urandom(4).hex()}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
    yield server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def read(url: str, migrations: Migrations = MIGRATIONS) -> list[tuple[object, ...]]:
    """Open a journal as a cloudkit that knows these migrations, and return its version."""
    with closing(PostgresDatabase(url, migrations=migrations)) as database:
        return database.read(VERSION)


def test_a_journal_in_a_database_is_read_and_undone_as_one_in_a_file(url: str) -> None:
    """By whoever shares it, over the same apps."""
    backend = twin()
    ann, bob = Cloud(backend, journal=url), Cloud(backend, journal=f"{url}&application_name=bob")
    with ann.acting("ann"):
        ann.deploy("web", "web:1", env={"TOKEN": Secret("hunter2hunter2")}).scale(3)

    with bob.acting("bob"):
        bob.undo()

    assert backend.get("web").spec.replicas == 1
    assert [(entry.verb, entry.identity, entry.outcome) for entry in ann.history("web")] == [
        ("undo", "bob", "ok"),
        ("scale", "ann", "ok"),
        ("deploy", "ann", "ok"),
    ]
    assert [one.spec.replicas for one in ann.at("now")] == [1]
    (difference,) = bob.diff("1h ago")
    assert "hunter2" not in str(difference)
    with psycopg.connect(url) as reader:
        found = reader.execute("SELECT content FROM cloudkit_journal.specs").fetchall()
        found += reader.execute("SELECT arguments FROM cloudkit_journal.entries").fetchall()
    assert found
    assert "hunter2" not in str(found)


def test_many_processes_at_once_lose_nothing(url: str) -> None:
    """Also while the tables are being made."""
    command = [sys.executable, "-c", WRITER, url]
    writers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(WRITERS)]

    said = [writer.communicate(timeout=120)[1] for writer in writers]

    assert said == [""] * WRITERS
    entries = Cloud("memory", journal=url).history(last=10_000)
    assert len({entry.number for entry in entries}) == WRITERS * 2 * ENTRIES
    assert {entry.outcome for entry in entries} == {"ok"}


def test_a_cut_connection_is_made_again(url: str, server: str) -> None:
    """As after a night, or a restart of the server."""
    mine = Cloud("memory", journal=url)
    web = mine.deploy("web", "web:1")
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cloudkit journal'"
        )

    web.scale(2)

    assert [entry.outcome for entry in mine.history("web")] == ["ok", "ok"]


def test_a_database_that_is_not_there_is_an_error_before_the_change(server: str) -> None:
    """With what the server says, and without the password."""
    mine = Cloud("memory", journal=server.replace("team@", "team:hunter2@").replace("/postgres?", "/nowhere?"))

    with pytest.raises(JournalError) as caught:
        mine.deploy("web", "web:1")

    assert "nothing was begun" in caught.value.summary
    assert "nowhere" in caught.value.summary
    assert "hunter2" not in str(caught.value)
    assert mine.apps() == ()


def test_whoever_may_not_write_begins_nothing(url: str, server: str) -> None:
    """Reading is another right."""
    mine = Cloud("memory", journal=url)
    mine.deploy("web", "web:1")
    role = f"r{os.urandom(4).hex()}"
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {role} LOGIN".encode())
        admin.execute(f"GRANT USAGE ON SCHEMA cloudkit_journal TO {role}".encode())
        admin.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA cloudkit_journal TO {role}".encode())
    reader = Cloud(mine.backend, journal=url.replace("team@", f"{role}@"))

    assert [entry.verb for entry in reader.history("web")] == ["deploy"]
    with pytest.raises(JournalError, match="permission denied"):
        reader.app("web").scale(2)
    assert mine.app("web").status().spec.replicas == 1
    assert server


def test_a_newer_journal_is_left_alone_and_an_older_one_is_brought_up(url: str) -> None:
    """All steps or none."""
    read(url)
    newer = (*MIGRATIONS, ("ALTER TABLE facts ADD COLUMN more TEXT",))
    broken = (*MIGRATIONS, ("CREATE TABLE extra (a TEXT)", "CREATE TABLE facts (a TEXT)"))

    with pytest.raises(JournalError, match="already exists"):
        read(url, broken)
    assert read(url, newer) == [(str(len(newer)),)]
    assert read(url, newer) == [(str(len(newer)),)]
    with pytest.raises(JournalError, match="newer cloudkit"):
        read(url)


def test_what_is_not_installed_is_named(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs it."""
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(JournalError, match="library is not installed") as caught:
        read(url)

    assert caught.value.hint == "pip install 'cloudkit-sdk[postgres]'"


def test_what_one_removes_beside_writers_leaves_no_entry_without_its_spec(url: str) -> None:
    """Also a spec that a change names again while it goes."""
    writer = f"""
import sys
from cloudkit import Cloud
from cloudkit.testing import twin
web = Cloud(twin(), journal=sys.argv[1]).deploy("web", "shop:1")
for number in range({ENTRIES} * 2):
    web.deploy(env={{"N": str(number % 2)}})
"""
    writing = subprocess.Popen([sys.executable, "-c", writer, url])
    pruning = Cloud(twin(), journal=url)
    while writing.poll() is None:
        pruning.prune_history("now")

    assert writing.returncode == 0
    with psycopg.connect(url) as connection:
        connection.execute("SET search_path TO cloudkit_journal")
        lost = connection.execute(
            "SELECT count(*) FROM entries WHERE before NOT IN (SELECT digest FROM specs) "
            "OR after NOT IN (SELECT digest FROM specs) OR wanted NOT IN (SELECT digest FROM specs)"
        ).fetchone()
    assert lost == (0,)
