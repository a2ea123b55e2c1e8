"""The journal's file: what it refuses, and that it refuses before anything changes."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from cloudkit.cloud import Cloud
from cloudkit.errors import JournalError
from cloudkit.journal import location
from cloudkit.journal.location import check_local
from cloudkit.journal.schema import MIGRATIONS
from cloudkit.journal.sqlite import SqliteDatabase

FACTS = ("SELECT name FROM facts", ())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the journal is to be."""
    return tmp_path / "journal.sqlite"


def refused(file: Path) -> JournalError:
    """Return the error of a change that could not be noted, which was not made."""
    mine = Cloud("memory", journal=str(file))
    with pytest.raises(JournalError) as caught:
        mine.deploy("web", "web:1")
    assert mine.apps() == ()
    return caught.value


def test_a_damaged_file_is_left_as_it_is(file: Path) -> None:
    """And the error says how to begin a new one."""
    file.write_bytes(b"no database at all" * 1000)

    error = refused(file)

    assert "is damaged" in error.summary
    assert f"mv {file} {file}.damaged" in error.hint
    assert file.read_bytes() == b"no database at all" * 1000


def test_a_page_that_is_damaged_later_is_found(file: Path) -> None:
    """When it is read or written."""
    database = SqliteDatabase(file)
    database.read(FACTS)
    database.close()
    content = bytearray(file.read_bytes())
    content[4096 : 4096 * 2] = b"\xff" * 4096
    file.write_bytes(content)

    assert "damaged" in refused(file).summary
    assert file.read_bytes() == content


def test_a_file_of_a_newer_version_is_left_alone(file: Path) -> None:
    """It may hold what this version would not keep."""
    SqliteDatabase(file, migrations=(*MIGRATIONS, ("CREATE TABLE more (a TEXT)",))).read(FACTS)

    error = refused(file)

    assert "newer cloudkit" in error.summary
    assert "upgrade" in error.hint


def test_an_older_file_becomes_one_of_this_version(file: Path) -> None:
    """With all that it holds, and once, however many open it."""
    first = SqliteDatabase(file)
    first.write(("INSERT INTO facts VALUES ('kept', 'yes')", ()))
    newer = (*MIGRATIONS, ("ALTER TABLE facts ADD COLUMN more TEXT", "CREATE TABLE extra (a TEXT)"))

    for database in (SqliteDatabase(file, migrations=newer), SqliteDatabase(file, migrations=newer)):
        assert database.read(("SELECT content, more FROM facts WHERE name = 'kept'", ())) == [("yes", None)]


def test_a_step_that_fails_leaves_the_older_file(file: Path) -> None:
    """All of a migration is done, or nothing."""
    SqliteDatabase(file).read(FACTS)
    broken = (*MIGRATIONS, ("CREATE TABLE extra (a TEXT)", "CREATE TABLE facts (a TEXT)"))
    with pytest.raises(JournalError):
        SqliteDatabase(file, migrations=broken).read(FACTS)

    assert SqliteDatabase(file).read(("SELECT count(*) FROM sqlite_master WHERE name = 'extra'", ())) == [(0,)]


def test_a_database_of_another_program_is_left_alone(file: Path) -> None:
    """Somebody has mistyped a path."""
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")
    other.close()

    assert "another program" in refused(file).summary


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A folder holds no journal."""
    assert "is no file" in refused(tmp_path).summary


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """The error is that of the machine."""
    (tmp_path / "there").write_text("a file")

    error = refused(tmp_path / "there" / "journal.sqlite")

    assert "nothing was begun" in error.summary
    assert "CLOUDKIT_JOURNAL=off" in error.hint


def test_a_network_file_system_is_refused(tmp_path: Path) -> None:
    """Its locks do not hold between machines."""
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"/dev/sda / ext4 rw 0 0\nnas:/home {tmp_path} nfs4 rw 0 0\n/dev/sdb {tmp_path}/local xfs rw 0 0\n"
    )

    with pytest.raises(JournalError, match="a network file system"):
        check_local(tmp_path / "state" / "journal.sqlite", mounts)
    check_local(tmp_path / "local" / "journal.sqlite", mounts)


def test_a_disk_without_room_for_an_end_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is begun is to be ended, too."""
    monkeypatch.setattr(location, "LEAST_SPACE", 1 << 60)

    assert "bytes left" in refused(file).summary


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_opens_the_file_for_itself(file: Path) -> None:
    """SQLite's connection is not to be carried over a fork."""
    program = (
        "import os, sys\n"
        "from cloudkit import Cloud\n"
        "cloud = Cloud('memory', journal=sys.argv[1])\n"
        "web = cloud.deploy('web', 'web:1')\n"
        "for _ in range(4):\n"
        "    if not os.fork():\n"
        "        web.exec('true'); os._exit(0)\n"
        "web.exec('true')\n"
        "ends = [os.wait()[1] for _ in range(4)]\n"
        "entries = [one for one in cloud.history() if one.verb == 'exec']\n"
        "print(len(entries), len({one.pid for one in entries}), {one.outcome for one in entries}, ends)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=False)

    assert done.stdout == "5 5 {'ok'} [0, 0, 0, 0]\n", done.stderr
