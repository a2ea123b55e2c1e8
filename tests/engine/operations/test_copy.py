"""Files and folders into and out of replicas on a real engine."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from engine.operations.workshop import Workshop

from cloudkit.backends.docker.operations.copy import copy_in, copy_out
from cloudkit.backends.docker.operations.execute import execute
from cloudkit.backends.replicalogs.targets import Target
from cloudkit.errors import BackendError, NotFoundError, UsageError

pytestmark = [pytest.mark.engine, pytest.mark.old_engine]


@pytest.fixture
def replica(workshop: Workshop) -> Target:
    """A replica with a folder in it."""
    target = workshop.start("sleep 600")
    said(
        workshop, target, "mkdir -p /app/sub; echo one > /app/file; ln -s ../file /app/sub/link; ln /app/file /app/hard"
    )
    return target


def said(workshop: Workshop, target: Target, script: str) -> str:
    """Run a script inside and return what it prints."""
    result = execute(workshop.api, target, ["sh", "-c", script])
    assert result.ok, result.output
    return result.output


def tree(folder: Path) -> dict[str, str]:
    """Return files with what they hold, links with where they lead."""
    return {
        str(path.relative_to(folder)): f"-> {path.readlink()}" if path.is_symlink() else path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def test_a_file_goes_into_a_folder_under_its_own_name(workshop: Workshop, replica: Target, tmp_path: Path) -> None:
    """The result says where it is."""
    copied = copy_out(workshop.api, replica, "/app/file", tmp_path)

    assert copied == tmp_path / "file"
    assert copied.read_text() == "one\n"


def test_a_file_takes_the_name_that_it_is_given(workshop: Workshop, replica: Target, tmp_path: Path) -> None:
    """A path that is not there, or a file, is what the copy is called."""
    (tmp_path / "mine").write_text("old")

    copy_out(workshop.api, replica, "/app/file", tmp_path / "mine")

    assert tree(tmp_path) == {"mine": "one\n"}


def test_a_folder_comes_with_all_that_it_holds(workshop: Workshop, replica: Target, tmp_path: Path) -> None:
    """Links within it stay links, hard links stay files."""
    copied = copy_out(workshop.api, replica, "/app", tmp_path)

    assert copied == tmp_path / "app"
    assert tree(copied) == {"file": "one\n", "hard": "one\n", "sub/link": "-> ../file"}


def test_a_folder_joins_one_that_is_there(workshop: Workshop, replica: Target, tmp_path: Path) -> None:
    """What is there besides stays; what both have is replaced."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app/file").write_text("old")
    (tmp_path / "app/mine").write_text("mine")

    copy_out(workshop.api, replica, "/app", tmp_path)

    assert tree(tmp_path / "app") == {"file": "one\n", "hard": "one\n", "mine": "mine", "sub/link": "-> ../file"}


def test_a_source_that_is_a_link_is_followed(workshop: Workshop, replica: Target, tmp_path: Path) -> None:
    """What it leads to is copied, under the link's name."""
    said(workshop, replica, "ln -s /app/file /latest")

    assert copy_out(workshop.api, replica, "/latest", tmp_path).read_text() == "one\n"


@pytest.mark.parametrize(
    "script",
    [
        "ln -s /etc/passwd /app/out",
        "ln -s ../../etc/passwd /app/out",
        "ln -s sub/../../etc /app/out",
        "mkfifo /app/pipe",
        "mknod /app/device c 1 3",
    ],
)
def test_what_leads_out_is_refused_and_nothing_stays(
    workshop: Workshop, replica: Target, tmp_path: Path, script: str
) -> None:
    """A replica that puts a trap into the folder gets nothing written, and the trap is named."""
    said(workshop, replica, script)

    with pytest.raises(UsageError, match=r"app/(out|pipe|device)"):
        copy_out(workshop.api, replica, "/app", tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_link_of_ones_own_is_not_written_through(workshop: Workshop, replica: Target, tmp_path: Path) -> None:
    """A folder of the replica's does not reach where one's own link leads."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "here/app").mkdir(parents=True)
    (tmp_path / "here/app/sub").symlink_to(outside)

    with pytest.raises(UsageError, match="link"):
        copy_out(workshop.api, replica, "/app", tmp_path / "here")

    assert list(outside.iterdir()) == []
    assert tree(tmp_path / "here") == {"app/sub": f"-> {outside}"}


def test_no_privilege_comes_with_a_file(workshop: Workshop, replica: Target, tmp_path: Path) -> None:
    """Set-uid is dropped, and nobody else may write."""
    said(workshop, replica, "chmod 6777 /app/file")

    copied = copy_out(workshop.api, replica, "/app/file", tmp_path)

    assert stat.S_IMODE(copied.stat().st_mode) == 0o755


def test_a_file_goes_in_and_out_unchanged(workshop: Workshop, replica: Target, tmp_path: Path) -> None:
    """Five megabytes of noise survive the round trip."""
    noise = os.urandom(5_000_003)
    (tmp_path / "noise").write_bytes(noise)

    copy_in(workshop.api, replica, tmp_path / "noise", "/app")

    assert copy_out(workshop.api, replica, "/app/noise", tmp_path / "back").read_bytes() == noise


def test_a_folder_goes_in_as_root_with_its_permissions(workshop: Workshop, replica: Target, tmp_path: Path) -> None:
    """Links stay links; a name that is not UTF-8 survives."""
    source = tmp_path / "site"
    (source / "a").mkdir(parents=True)
    (source / "a/run").write_text("#!/bin/sh\n")
    (source / "a/run").chmod(0o750)
    (source / "link").symlink_to("a/run")
    Path(os.fsdecode(os.fsencode(source) + b"/caf\xe9")).write_text("x")

    copy_in(workshop.api, replica, source, "/srv")

    listed = said(workshop, replica, "cd /srv/site && stat -c '%A %U %N' a/run link && ls | od -c | head -3")
    assert "-rwxr-x--- root 'a/run'" in listed
    assert "'link' -> 'a/run'" in listed
    assert "351" in listed


def test_a_stopped_replica_is_copied_from_and_to(workshop: Workshop, replica: Target, tmp_path: Path) -> None:
    """It need not run."""
    workshop.api.stop(replica.id, timeout=0)
    (tmp_path / "new").write_text("new")

    copy_in(workshop.api, replica, tmp_path / "new", "/app/file")

    assert copy_out(workshop.api, replica, "/app/file", tmp_path).read_text() == "new"


@pytest.mark.parametrize(
    ("source", "destination", "words"),
    [
        ("file", "/nowhere/file", "/nowhere"),
        ("file", "/app/none/", "/app/none/"),
        ("folder", "/app/file", "a folder cannot take its place"),
        ("missing", "/app", "missing"),
        ("file", "app", "absolute"),
        ("folder/pipe", "/app", "a pipe"),
    ],
)
def test_a_copy_in_that_makes_no_sense_is_refused(
    workshop: Workshop, replica: Target, tmp_path: Path, *, source: str, destination: str, words: str
) -> None:
    """The error says what is in the way."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "folder/pipe")

    with pytest.raises((NotFoundError, UsageError), match=words):
        copy_in(workshop.api, replica, tmp_path / source, destination)


@pytest.mark.parametrize(
    ("source", "destination", "words"),
    [
        ("/nowhere", "", "/nowhere"),
        ("/app", "file", "a folder cannot take its place"),
        ("/app/file", "none/file", "none"),
        ("app", "", "absolute"),
        ("/app/..", "", "name the folder itself"),
    ],
)
def test_a_copy_out_that_makes_no_sense_is_refused(
    workshop: Workshop, replica: Target, tmp_path: Path, *, source: str, destination: str, words: str
) -> None:
    """The error says what is in the way."""
    (tmp_path / "file").write_text("x")

    with pytest.raises((NotFoundError, UsageError), match=words):
        copy_out(workshop.api, replica, source, tmp_path / destination)


def test_a_read_only_replica_says_so(workshop: Workshop, tmp_path: Path) -> None:
    """The engine's own words are the evidence."""
    target = workshop.create(["sleep", "60"], read_only=True)
    (tmp_path / "file").write_text("x")

    with pytest.raises(BackendError, match="read-only"):
        copy_in(workshop.api, target, tmp_path / "file", "/file")


def test_a_replica_that_is_gone_is_not_found(workshop: Workshop, replica: Target, tmp_path: Path) -> None:
    """A container that is not there is not taken for a path that is not."""
    workshop.remove(replica)

    with pytest.raises(NotFoundError, match=r"No such container"):
        copy_out(workshop.api, replica, "/app", tmp_path)
