"""The journal over the lives of real processes: many at once, and each killed at each of its steps."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cloudkit.cloud import Cloud
from cloudkit.errors import NotFoundError
from cloudkit.testing import twin

WRITERS, ENTRIES = 6, 10
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
VICTIM = """
import os, signal, sys
from cloudkit import Cloud
from cloudkit.backends.memory import MemoryBackend
from cloudkit.journal import sqlite
file, applied, point, place = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
cloud = Cloud("memory", journal=file)
count, apply, done = 0, MemoryBackend.apply, sqlite._done
def die(here):
    if count == point and place == here:
        os.kill(os.getpid(), signal.SIGKILL)
def counted(connection, statements):
    global count
    count += 1
    die("before")
    number = done(connection, statements)
    die("within")
    return number
def told(self, plan, **options):
    die("after")
    state = apply(self, plan, **options)
    with open(applied, "a") as marks:
        marks.write("x")
    return state
sqlite._done, MemoryBackend.apply = counted, told
web = cloud.deploy("web", "web:1", replicas=2)
web.scale(3)
web.delete()
"""
VERBS = ("deploy", "scale", "delete")


def test_many_processes_and_threads_lose_nothing(tmp_path: Path) -> None:
    """Also while the file is being made: all open it at once."""
    file = tmp_path / "journal.sqlite"
    command = [sys.executable, "-c", WRITER, str(file)]
    writers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(WRITERS)]

    said = [writer.communicate(timeout=120)[1] for writer in writers]

    assert said == [""] * WRITERS
    entries = Cloud("memory", journal=str(file)).history(last=10_000)
    assert len({entry.number for entry in entries}) == WRITERS * 2 * ENTRIES
    assert {entry.outcome for entry in entries} == {"ok"}
    assert len({entry.pid for entry in entries}) == WRITERS


@pytest.mark.parametrize("place", ["before", "within", "after"])
@pytest.mark.parametrize("point", range(2, 8))
def test_whoever_is_killed_leaves_a_journal_that_tells_the_truth(tmp_path: Path, point: int, place: str) -> None:
    """In front of each write, within it, and between the write and the change; the first two are a pull's."""
    file, marks = tmp_path / "journal.sqlite", tmp_path / "applied"
    marks.touch()
    command = [sys.executable, "-c", VICTIM, str(file), str(marks), str(point + 1), place]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL or (place == "after" and ended.returncode == 0), ended.stderr
    applied = VERBS[: len(marks.read_text())]
    world = twin()
    replayed(Cloud(world, journal="off"), len(applied))

    entries = [entry for entry in reversed(Cloud(world, journal=str(file)).history("web")) if entry.verb in VERBS]

    noted = [entry.verb for entry in entries]
    assert noted[: len(applied)] == list(applied), "what was done is noted"
    assert len(noted) - len(applied) in {0, 1}, "what was begun may be not done"
    assert [entry.verb for entry in entries if entry.changed] == list(applied), "what is noted as done was done"
    for entry in entries[:-1]:
        assert entry.outcome == "ok"
    if ended.returncode and entries:
        told = entries[-1]
        assert told.outcome in {"ok", "unknown"}
        if told.outcome == "unknown":
            assert f"by process {told.pid} on {told.host}, gone" in told.note


def replayed(cloud: Cloud, count: int) -> None:
    """Do the first of the victim's changes in a world that outlives it."""
    for act in (
        lambda: cloud.deploy("web", "web:1", replicas=2),
        lambda: cloud.app("web").scale(3),
        lambda: cloud.app("web").delete(),
    )[:count]:
        act()


def test_what_another_process_is_at_runs(tmp_path: Path) -> None:
    """Until it has ended; then nobody knows how it ended, and it says so."""
    file = tmp_path / "journal.sqlite"
    program = (
        "import sys\nfrom cloudkit import Cloud\ncloud = Cloud('memory', journal=sys.argv[1])\n"
        "with cloud._session.operation('exec', 'web'):\n"
        "    print('begun', flush=True)\n    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(file)]
    reader = Cloud("memory", journal=str(file))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (running,) = reader.history()
        process.kill()
        process.wait()

    (unknown,) = reader.history()

    assert (running.outcome, running.note) == ("running", "")
    assert unknown.outcome == "unknown"
    assert unknown.note.endswith(f"by process {process.pid} on {unknown.host}, gone; what became of it is not known")


def test_the_twin_is_killed_as_a_process_is() -> None:
    """So that automation can be tested against it: the entry has no end, and says what became of the change."""
    from cloudkit.testing import Killed, cloud, world_of

    memory = cloud()
    memory.deploy("web", "web:1")
    world_of(memory).faults.kill_at(2)
    with pytest.raises(Killed):
        memory.app("web").scale(3)

    entry = memory.history("web")[0]

    assert (entry.outcome, entry.changed, entry.reached) == ("unknown", True, 2)
    assert entry.note.endswith("the change was made (generation 2)")
    memory.app("web").delete()
    with pytest.raises(NotFoundError):
        memory.app("web").status()
