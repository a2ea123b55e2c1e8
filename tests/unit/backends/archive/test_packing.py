"""A folder of this machine becomes an archive that any unpacker reads."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from cloudkit.backends.archive.packing import packed
from cloudkit.errors import NotFoundError, UsageError


def members(source: Path, name: str) -> list[tarfile.TarInfo]:
    """Return what an archive holds."""
    with tarfile.open(fileobj=io.BytesIO(b"".join(packed(source, name)))) as archive:
        return archive.getmembers()


def test_a_folder_is_packed_under_its_new_name(tmp_path: Path) -> None:
    """Folders, files and links, in order, all root's."""
    source = tmp_path / "site"
    (source / "sub").mkdir(parents=True)
    (source / "sub/file").write_text("x" * 1000)
    (source / "link").symlink_to("sub/file")

    found = members(source, "new")

    assert [(one.name, one.type) for one in found] == [
        ("new", tarfile.DIRTYPE),
        ("new/link", tarfile.SYMTYPE),
        ("new/sub", tarfile.DIRTYPE),
        ("new/sub/file", tarfile.REGTYPE),
    ]
    assert {(one.uid, one.gid) for one in found} == {(0, 0)}


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    """What a link leads to is not packed, so a circle of links is no trap."""
    source = tmp_path / "site"
    source.mkdir()
    (source / "round").symlink_to(source)

    assert [one.name for one in members(source, "new")] == ["new", "new/round"]


def test_a_file_that_grows_is_packed_as_it_was(tmp_path: Path) -> None:
    """The archive stays whole."""
    source = tmp_path / "log"
    source.write_bytes(b"x" * 600)
    chunks = packed(source, "log")
    header = next(chunks)
    source.write_bytes(b"x" * 5000)

    with tarfile.open(fileobj=io.BytesIO(header + b"".join(chunks))) as archive:
        assert [one.size for one in archive.getmembers()] == [600]


def test_a_file_that_shrinks_is_an_error(tmp_path: Path) -> None:
    """No copy is made that looks whole and is not."""
    source = tmp_path / "log"
    source.write_bytes(b"x" * 600)
    chunks = packed(source, "log")
    next(chunks)
    source.write_bytes(b"x")

    with pytest.raises(NotFoundError, match="shorter"):
        list(chunks)


def test_a_pipe_is_refused_by_name(tmp_path: Path) -> None:
    """It would block for ever."""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(UsageError, match=r"pipe' is a pipe"):
        list(packed(tmp_path, "new"))
