"""What was asked for and changed nothing is noted, too, with what names the request."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudkit import Cloud, UsageError
from cloudkit.journal.schema import MIGRATIONS
from cloudkit.journal.sqlite import SqliteDatabase
from cloudkit.model.caller import Caller

SOURCE = {"channel": "C1", "delivery": "1.2.a"}


def test_a_refusal_is_an_entry(tmp_path: Path) -> None:
    """With who, from where, and without what looks like a secret; it counts as no change."""
    cloud = Cloud("memory", journal=str(tmp_path / "journal.sqlite"))
    cloud.deploy("web", "web:1")

    with cloud.acting("U1", source=SOURCE):
        given: dict[str, object] = {"replicas": 3, "env": {"TOKEN": "hunter2"}}
        cloud.note("scale", "web", outcome="access", error="you may not", arguments=given)
    noted = cloud.history("web")[0]

    assert (noted.verb, noted.outcome, noted.error, noted.source) == ("scale", "access", "you may not", SOURCE)
    assert noted.arguments == {"replicas": "3", "env": "TOKEN=***"}
    assert not noted.changed
    cloud.undo()
    assert cloud.apps() == ()


def test_a_change_has_the_source_of_its_request() -> None:
    """And what is done without one has none."""
    cloud = Cloud("memory")
    with cloud.acting("U1", source=SOURCE):
        cloud.deploy("web", "web:1")
    cloud.app("web").scale(2)

    assert [entry.source for entry in cloud.history("web")] == [{}, SOURCE]


def test_without_a_journal_nothing_is_noted() -> None:
    """And nothing is wrong."""
    cloud = Cloud("memory", journal="off")

    cloud.note("scale", "web", outcome="access")


def test_the_entries_of_an_older_journal_have_no_source(tmp_path: Path) -> None:
    """They are read as before."""
    path = tmp_path / "journal.sqlite"
    columns = (
        "begun, backend, endpoint, namespace, verb, app, identity, origin, host, pid, process, arguments, plan, error"
    )
    database = SqliteDatabase(path, migrations=MIGRATIONS[:1])
    place = Cloud("memory", journal="off")
    endpoint = place.backend.endpoint
    values = (1, "memory", endpoint, "cloudkit", "exec", "web", "ann", "shell", "h", 1, "", "{}", "", "")
    holes = ", ".join("?" * len(values))
    insert = f"INSERT INTO entries ({columns}, settled, image) VALUES ({holes}, 0, '')"
    database.write((insert, values))
    database.close()

    found = Cloud("memory", journal=str(path)).history()

    assert [(entry.verb, entry.source) for entry in found] == [("exec", {})]


@pytest.mark.parametrize("source", [{"channel": 1}, {"channel": "a\nb"}, {"channel": "x" * 201}, "C1"])
def test_a_source_is_short_printable_text(source: object) -> None:
    """Anything else is refused at once."""
    with pytest.raises(UsageError, match="source"):
        Caller(identity="U1", source=source)  # type: ignore[arg-type] # what a caller may get wrong
