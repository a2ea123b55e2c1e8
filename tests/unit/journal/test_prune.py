"""Old entries go; undo and rollback do what they did before; who is killed on the way has removed all or nothing."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudkit.cloud import Cloud
from cloudkit.errors import CloudkitError, NotFoundError
from cloudkit.testing import Program, cloud, twin, world_of

STEPS = st.lists(
    st.tuples(st.sampled_from(["web", "api"]), st.sampled_from(["deploy", "scale", "bad", "delete", "undo", "env"])),
    max_size=9,
)


def acted(memory: Cloud, steps: list[tuple[str, str]]) -> None:
    """Do some steps, each as far as it goes."""
    world_of(memory).program("bad:1", Program(exits=1, exit_code=3))
    for number, (name, step) in enumerate(steps):
        app = memory.app(name)
        with suppress(CloudkitError):
            match step:
                case "deploy":
                    memory.deploy(name, f"shop:{number % 3}")
                case "scale":
                    app.scale(number % 4)
                case "bad":
                    memory.deploy(name, "bad:1")
                case "delete":
                    app.delete()
                case "undo":
                    memory.undo(name)
                case "env":
                    app.deploy(env={"N": str(number)})


def way_back(memory: Cloud, name: str) -> object:
    """What an undo or a rollback of an app leads to, or what it says."""
    try:
        with memory.planning() as plans:
            memory.app(name).rollback()
        back: object = plans[0].after
    except CloudkitError as error:
        back = str(error)
    try:
        memory.undo(name)
    except (NotFoundError, CloudkitError) as error:
        return back, str(error)
    return back, {one.name: one.spec for one in memory.apps()}


@settings(max_examples=40, deadline=None)
@given(steps=STEPS, name=st.sampled_from(["web", "api"]))
def test_undo_and_rollback_do_what_they_did(steps: list[tuple[str, str]], name: str) -> None:
    """Whatever was done before, as if nothing had been removed."""
    kept, pruned = cloud(), cloud()
    for one in (kept, pruned):
        acted(one, steps)

    pruned.prune_history("now")

    assert without_numbers(way_back(pruned, name)) == without_numbers(way_back(kept, name))


def without_numbers(found: object) -> str:
    """A way back without the names that each world gives anew."""
    return str(found)


def test_what_is_removed_is_shown_and_gone() -> None:
    """And what is younger, needed or of another app stays."""
    memory = cloud()
    web = memory.deploy("web", "shop:1")
    for replicas in (2, 3, 4):
        web.scale(replicas)
    memory.deploy("api", "shop:1")

    removed = memory.prune_history("now")

    assert [entry.words for entry in removed[:2]] == ["scale web replicas=3", "scale web replicas=2"]
    assert [entry.app for entry in memory.history()[1:]] == ["api", "web"]
    assert memory.prune_history("1h") == ()
    assert memory.history()[0].verb == "prune_history"


def test_specs_that_nobody_names_go(tmp_path: Path) -> None:
    """So that the journal is as small as what it tells."""
    file = tmp_path / "journal.sqlite"
    memory = Cloud(twin(), journal=str(file))
    web = memory.deploy("web", "shop:1")
    for number in range(6):
        web.deploy(env={"N": str(number)})

    memory.prune_history("now")

    with sqlite3.connect(file) as connection:
        named = set(
            connection.execute(
                "SELECT before FROM entries UNION SELECT after FROM entries UNION SELECT wanted FROM entries"
            )
        )
        assert {*connection.execute("SELECT digest FROM specs")} == named - {(None,)}


KILLED = """
import os, signal, sqlite3, sys
from cloudkit.testing import twin
from cloudkit import Cloud
from cloudkit.journal import sqlite
memory = Cloud(twin(), journal=sys.argv[1])
web = memory.deploy("web", "shop:1")
for number in range(4):
    web.deploy(env={"N": str(number)})
plain, left = sqlite._done, [int(sys.argv[2])]
def counted(connection, statements):
    if len(statements) > 1 and any("DELETE" in text for text, _ in statements):
        for one in statements:
            plain(connection, [one])
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
        return 0
    return plain(connection, statements)
sqlite._done = counted
print(len(memory.history(last=1000)), flush=True)
memory.prune_history("now")
"""


@pytest.mark.parametrize("step", [1, 2])
def test_whoever_is_killed_has_removed_all_or_nothing(tmp_path: Path, step: int) -> None:
    """At each of its steps."""
    file = tmp_path / "journal.sqlite"
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(file), str(step)],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
    )

    assert ended.returncode == -signal.SIGKILL, ended.stderr
    with sqlite3.connect(file) as connection:
        (count,) = connection.execute("SELECT count(*) FROM entries").fetchone()
        lost = connection.execute(
            "SELECT count(*) FROM entries WHERE before NOT IN (SELECT digest FROM specs) "
            "OR wanted NOT IN (SELECT digest FROM specs)"
        ).fetchone()
    assert count == int(ended.stdout) + 1  # the entry of the pruning itself, which has no end
    assert lost == (0,)
