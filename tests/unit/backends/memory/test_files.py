"""A replica's file system, and what is copied in and out."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudkit.backends.memory.files import Files
from cloudkit.errors import NotFoundError, UsageError


def test_a_folder_comes_back_as_it_went_in(tmp_path: Path) -> None:
    """Copying in and out again is the identity on content and layout."""
    source = tmp_path / "site"
    (source / "deep").mkdir(parents=True)
    (source / "index.html").write_bytes(b"<p>")
    (source / "deep" / "x.bin").write_bytes(bytes(range(256)))
    files = Files()

    files.put(source, "/srv/site")
    back = files.get("/srv/site", tmp_path / "back")

    assert {one.relative_to(back).as_posix(): one.read_bytes() for one in back.rglob("*") if one.is_file()} == {
        "index.html": b"<p>",
        "deep/x.bin": bytes(range(256)),
    }


def test_into_a_folder_a_file_keeps_its_name(tmp_path: Path) -> None:
    """The target of a copy may be a folder that is there, or end in a slash."""
    (tmp_path / "a.txt").write_text("a")
    files = Files()
    files.write("/srv/other", b"")

    files.put(tmp_path / "a.txt", "/srv")
    files.put(tmp_path / "a.txt", "/new/")

    assert (files.read("/srv/a.txt"), files.read("/new/a.txt")) == (b"a", b"a")


def test_nothing_is_above_the_root() -> None:
    """A path with dots ends at the root."""
    files = Files()

    files.write("../../etc/./passwd", b"x", "/srv")

    assert files.read("/etc/passwd") == b"x"


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    """What was not meant to be copied is not."""
    (tmp_path / "secret").write_text("s")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "link").symlink_to(tmp_path / "secret")

    with pytest.raises(UsageError, match="leads out"):
        Files().put(tmp_path / "site", "/srv")


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    """In both directions."""
    with pytest.raises(NotFoundError):
        Files().put(tmp_path / "none", "/srv")
    with pytest.raises(NotFoundError):
        Files().get("/none", tmp_path)


def test_a_volume_has_the_files_below_its_folder() -> None:
    """Whoever mounts it sees them, at the place where it is mounted."""
    volume = Files()
    one, other = Files({"/data": volume}), Files({"/srv/data": volume})

    one.write("/data/note", b"kept")
    one.write("/beside", b"own")

    assert other.read("/srv/data/note") == b"kept"
    assert other.read("/beside") is None
    assert volume.read("/note") == b"kept"


def test_the_innermost_volume_has_a_file() -> None:
    """As with folders that are mounted into each other."""
    outer, inner = Files(), Files()
    files = Files({"/data": outer, "/data/log": inner})

    files.write("/data/log/today", b"1")

    assert (inner.read("/today"), outer.read("/log/today")) == (b"1", None)


def test_volumes_are_copied_with_the_folder_that_they_are_in(tmp_path: Path) -> None:
    """And into: what is copied there is the volume's."""
    volume = Files()
    files = Files({"/data/log": volume})
    files.write("/data/own", b"1")
    (tmp_path / "today").write_bytes(b"2")

    files.put(tmp_path / "today", "/data/log")
    copied = files.get("/data", tmp_path / "copy")

    assert volume.read("/today") == b"2"
    assert sorted(str(path.relative_to(copied)) for path in copied.rglob("*") if path.is_file()) == ["log/today", "own"]
