"""A journal whose disk is full or read-only: nothing is begun that cannot be noted, and what is done stays done."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudkit.backends.memory import MemoryBackend
from cloudkit.cloud import Cloud
from cloudkit.errors import JournalError
from cloudkit.model.progress import Progress
from cloudkit.testing import twin

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a disk of one's own takes root")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(disk: Path) -> None:
    """Write until not one byte more goes on the disk."""
    with (disk / "ballast").open("wb", buffering=0) as ballast:
        for size in (1 << 12, 1):
            try:
                while True:
                    ballast.write(b"x" * size)
            except OSError:
                continue


def test_a_full_disk_is_an_error_before_the_change(disk: Path) -> None:
    """Whether the journal is there already or not."""
    backend = twin()
    mine = Cloud(backend, journal=str(disk / "journal.sqlite"))
    web = mine.deploy("web", "web:1")
    fill(disk)

    with pytest.raises(JournalError, match="nothing was begun"):
        web.scale(3)
    with pytest.raises(JournalError, match="nothing was begun"):
        Cloud(twin(), journal=str(disk / "other.sqlite")).deploy("web", "web:1")

    assert web.status().spec.replicas == 1
    (disk / "ballast").unlink()
    assert web.scale(3).status().ready == 3
    assert [entry.outcome for entry in mine.history("web")] == ["ok", "ok"]


def test_a_disk_that_fills_up_meanwhile_does_not_undo_what_is_done(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The listener hears of it, and the next reader sees what became of it."""
    told: list[Progress] = []
    apply = MemoryBackend.apply

    def filling(self: MemoryBackend, *given: object, **options: object) -> object:
        made = apply(self, *given, **options)  # type: ignore[arg-type]  # passed on
        fill(disk)
        return made

    mine = Cloud(twin(), journal=str(disk / "journal.sqlite"), listener=told.append)
    web = mine.deploy("web", "web:1")
    monkeypatch.setattr(MemoryBackend, "apply", filling)

    web.scale(3)

    assert web.status().ready == 3
    assert [event.message for event in told if "could not note the end of scale" in event.message]
    (disk / "ballast").unlink()
    entry = mine.history("web")[0]
    assert (entry.verb, entry.outcome, entry.changed) == ("scale", "unknown", True)
    assert mine.history("web")[0].reached == 2


def test_a_read_only_disk_is_an_error_before_the_change(disk: Path) -> None:
    """What was read-only when the journal was opened, and what became so."""
    file = disk / "journal.sqlite"
    backend = twin()
    web = Cloud(backend, journal=str(file)).deploy("web", "web:1")
    subprocess.run(["mount", "-o", "remount,ro", disk], check=False, capture_output=True)
    if not os.statvfs(disk).f_flag & os.ST_RDONLY:
        from cloudkit.journal import opening

        opening._close_all()  # SQLite holds files open for writing, which keeps the disk as it is
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)

    with pytest.raises(JournalError, match=r"cannot be written to|nothing was begun"):
        web.scale(3)

    assert web.status().spec.replicas == 1
