"""A hostile archive writes nothing outside its folder."""

from __future__ import annotations

import io
import os
import tarfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudkit.backends.archive.unpacking import unpack
from cloudkit.errors import BackendError, CloudkitError, UsageError

FOLDER, FILE, LINK, HARD = tarfile.DIRTYPE, tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
Entry = tuple[str, bytes, str]


def archive(*entries: Entry) -> bytes:
    """Return an archive of entries: name, kind, and what it links to or holds."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, kind, rest in entries:
            member = tarfile.TarInfo(name)
            member.type, member.mode = kind, 0o755 if kind == FOLDER else 0o644
            data = rest.encode() if kind == FILE else b""
            member.size, member.linkname = len(data), "" if kind == FILE else rest
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """An empty folder beside one that must stay as it is."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("secret")
    folder = tmp_path / "inside"
    folder.mkdir()
    return folder


HOSTILE: dict[str, list[Entry]] = {
    "dots": [("app/../../outside/secret", FILE, "x")],
    "absolute": [("/outside/secret", FILE, "x")],
    "another top": [("app/", FOLDER, ""), ("other", FILE, "x")],
    "absolute link": [("app/", FOLDER, ""), ("app/out", LINK, "/etc/passwd")],
    "link out": [("app/", FOLDER, ""), ("app/out", LINK, "../../outside")],
    "link out of the top": [("app/", FOLDER, ""), ("app/out", LINK, "..")],
    "link that climbs later": [
        ("app/", FOLDER, ""),
        ("app/d/", FOLDER, ""),
        ("app/d/up", LINK, ".."),
        ("app/out", LINK, "d/up/../../outside"),
    ],
    "write through a link": [
        ("app/", FOLDER, ""),
        ("app/d/", FOLDER, ""),
        ("app/out", LINK, "d"),
        ("app/out/secret", FILE, "x"),
    ],
    "replace a link": [("app/", FOLDER, ""), ("app/out", LINK, "d"), ("app/out", FILE, "x")],
    "hard link out": [("app/", FOLDER, ""), ("app/out", HARD, "../outside/secret")],
    "absolute hard link": [("app/", FOLDER, ""), ("app/out", HARD, "/etc/passwd")],
    "hard link to a link": [("app/", FOLDER, ""), ("app/a", LINK, "b"), ("app/out", HARD, "app/a")],
    "hard link to nothing": [("app/", FOLDER, ""), ("app/out", HARD, "app/none")],
    "character device": [("app/", FOLDER, ""), ("app/out", tarfile.CHRTYPE, "")],
    "block device": [("app/", FOLDER, ""), ("app/out", tarfile.BLKTYPE, "")],
    "pipe": [("app/", FOLDER, ""), ("app/out", tarfile.FIFOTYPE, "")],
    "only a link": [("app", LINK, "../outside")],
    "file as folder": [("app/", FOLDER, ""), ("app/out", FILE, "x"), ("app/out/x", FILE, "x")],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_leads_out_is_refused_by_name(inside: Path, name: str) -> None:
    """The member is named, and what is outside stays as it is."""
    with pytest.raises(UsageError, match="refused"):
        unpack([archive(*HOSTILE[name])], inside, "content")

    assert (inside.parent / "outside/secret").read_text() == "secret"
    assert sorted(path.name for path in inside.parent.iterdir()) == ["inside", "outside"]
    assert not any(path.is_symlink() for path in inside.rglob("*"))


names = st.lists(st.sampled_from(["a", "b", "..", ".", "", "c"]), min_size=1, max_size=4).map("/".join)
entries = st.lists(
    st.tuples(st.one_of(names, names.map("a/{}".format)), st.sampled_from([FOLDER, FILE, LINK, HARD]), names),
    max_size=8,
)


@given(entries)
def test_no_archive_at_all_reaches_outside(tmp_path_factory: pytest.TempPathFactory, entries: list[Entry]) -> None:
    """Whatever members are combined: each path and each link ends inside the copy, or all is refused."""
    base = tmp_path_factory.mktemp("any")
    inside = base / "inside"
    inside.mkdir()

    with suppress(CloudkitError, OSError):  # an OSError is names that make no sense together: a folder over a file
        unpack([archive(*entries)], inside, "content")

    assert [path.name for path in base.iterdir()] == ["inside"]
    top = inside / "content"
    for path in inside.rglob("*"):
        assert Path(os.path.realpath(path)).is_relative_to(top) or not path.exists() or path == top


def test_what_is_harmless_comes_out_as_it_is(inside: Path) -> None:
    """Files, folders, links within and further names of a file."""
    content = archive(
        ("app/", FOLDER, ""),
        ("app/file", FILE, "one"),
        ("app/sub/", FOLDER, ""),
        ("app/sub/link", LINK, "../file"),
        ("app/hard", HARD, "app/file"),
    )

    unpack([content[at : at + 100] for at in range(0, len(content), 100)], inside, "content")

    assert (inside / "content/sub/link").read_text() == (inside / "content/hard").read_text() == "one"


@pytest.mark.parametrize("kept", [100, 600, 1500])
def test_a_broken_archive_is_said_to_be_broken(inside: Path, kept: int) -> None:
    """Cut off amid a header or a file, it is no archive."""
    whole = archive(("app/", FOLDER, ""), ("app/file", FILE, "x" * 5000))

    with pytest.raises(BackendError, match="broken or cut off"):
        unpack([whole[:kept]], inside, "content")


def test_a_sparse_file_is_refused(inside: Path) -> None:
    """A kilobyte that says to be a terabyte of holes is not unpacked."""
    member = tarfile.TarInfo("app")
    member.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(1 << 40)}
    data = b"1\n1099511627776\n0\n".ljust(512, b"\0")
    member.size = len(data)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(member, io.BytesIO(data))

    with pytest.raises(UsageError, match="refused"):
        unpack([out.getvalue()], inside, "content")
