"""The files of an image layout or archive: in a folder or a tar, read in place, never unpacked to disk by name."""

from __future__ import annotations

import io
import os
import posixpath
import shutil
import stat
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from cloudkit.errors import NotFoundError, RegistryError
from cloudkit.registry.compression import PIECE, Limits, Unpacked, kind_of
from cloudkit.registry.document import SIZE_LIMIT
from cloudkit.registry.text import harmless

__all__ = ["Files", "files_in", "open_files", "read_document"]

ENTRIES_LIMIT = 50_000  # of an archive of images, whose entries are blobs; all are held in memory
HEADER_LIMIT = 1024 * 1024  # bytes that the headers of one entry may have


class Files(Protocol):
    """Files by their names, with ``/`` between the parts."""

    def size(self, name: str) -> int | None:
        """Return a file's bytes, None when it is not there."""
        ...

    def open(self, name: str) -> BinaryIO:
        """Open a file that is there."""
        ...


def read_document(files: Files, name: str) -> bytes:
    """Return a small file whole; raise ``RegistryError`` when it is missing or beyond 4 MiB."""
    size = files.size(name)
    if size is None or size > SIZE_LIMIT:
        state = "is missing" if size is None else "has more than 4 MiB"
        raise RegistryError(f"{name} {state}, so this is no image that can be read")
    with files.open(name) as file:
        return file.read(size)


@contextmanager
def open_files(path: Path, limits: Limits) -> Iterator[Files]:
    """Open a layout folder, or an archive: plain, or compressed by gzip, zstd, bzip2 or xz.

    Raises:
        NotFoundError: There is no such file or folder.
        RegistryError: It is no tar archive, or one that is not safe to read.
    """
    if path.is_dir():
        yield _Folder(path)
        return
    try:
        source = path.open("rb")
    except OSError as error:
        raise NotFoundError(f"cannot read {str(path)!r}: {error.strerror}") from None
    with source, files_in(source, path.name, limits) as files:
        yield files


@contextmanager
def files_in(source: BinaryIO, name: str, limits: Limits) -> Iterator[Files]:
    """Open an archive that is open already; ``name`` is how errors call it."""
    head = source.read(6)
    source.seek(0)
    if not kind_of(head):
        yield _Tar(source, name, limits)
        return
    with tempfile.TemporaryFile() as plain:
        unpacked = Unpacked(source, os.fstat(source.fileno()).st_size, f"archive {name}", limits)
        shutil.copyfileobj(unpacked, plain, PIECE)
        yield _Tar(cast("BinaryIO", plain), name, limits)


class _Folder:
    """A layout in a folder; a link in it is refused, as it could lead anywhere."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def size(self, name: str) -> int | None:
        try:
            found = (self._root / name).lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not stat.S_ISREG(found.st_mode):
            raise RegistryError(f"{harmless(name)} in {self._root.name} is no regular file, so it is not read")
        return found.st_size

    def open(self, name: str) -> BinaryIO:
        self.size(name)
        return os.fdopen(os.open(self._root / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")


class _Tar:
    """An archive, by the places of its files within it."""

    def __init__(self, source: BinaryIO, name: str, limits: Limits) -> None:
        self._source = source
        self._places, self._links = _scan(source, name, limits)

    def size(self, name: str) -> int | None:
        place = self._places.get(self._links.get(name, name))
        return place[1] if place else None

    def open(self, name: str) -> BinaryIO:
        offset, size = self._places[self._links.get(name, name)]
        return cast("BinaryIO", io.BufferedReader(_Section(self._source, offset, size), PIECE))


class _Section(io.RawIOBase):
    """A stretch of a file as a file of its own; several may be open at once."""

    def __init__(self, source: BinaryIO, offset: int, size: int) -> None:
        super().__init__()
        self._source, self._offset, self._size, self._at = source, offset, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, min(self._size, start + offset))
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # narrower: the reader passes this
        self._source.seek(self._offset + self._at)
        piece = self._source.read(min(len(buffer), self._size - self._at))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


class _Sober(io.RawIOBase):
    """A file that refuses to be read in large pieces, as the tar library reads a header's extension whole."""

    def __init__(self, source: BinaryIO) -> None:
        super().__init__()
        self._source = source

    def read(self, size: int = -1, /) -> bytes:
        if not 0 <= size <= HEADER_LIMIT:
            raise tarfile.ReadError("a header is too large")
        return self._source.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._source.seek(offset, whence)

    def tell(self) -> int:
        return self._source.tell()


def _scan(source: BinaryIO, archive: str, limits: Limits) -> tuple[dict[str, tuple[int, int]], dict[str, str]]:
    """Return where each file of an archive lies, and which names stand for others."""
    source.seek(0)
    places, links, count = dict[str, tuple[int, int]](), dict[str, str](), 0
    most = min(limits.entries, ENTRIES_LIMIT)
    try:
        with tarfile.open(fileobj=_Sober(source), mode="r:") as opened:
            for entry in opened:
                count += 1
                if count > most:
                    raise RegistryError(f"{archive} has more than {most} entries, so it is not used")
                _take(entry, places, links, archive)
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise RegistryError(f"{archive} is no readable tar archive: {harmless(str(error))}") from None
    _check_links(places, links, archive)
    return places, links


def _take(entry: tarfile.TarInfo, places: dict[str, tuple[int, int]], links: dict[str, str], archive: str) -> None:
    """Note one entry; refuse one that no archive of images has."""
    name = posixpath.normpath(entry.name)
    if entry.isdir():
        return
    if name.startswith(("/", "../")) or name == ".." or entry.name.startswith("/"):
        raise RegistryError(f"{archive} has an entry outside itself, {harmless(entry.name)!r}, so it is not used")
    if name in places or name in links:
        raise RegistryError(f"{archive} has {harmless(name)!r} twice, so it is not used")
    if entry.issym() and name.endswith("/layer.tar"):  # how older engines write equal layers
        links[name] = posixpath.normpath(posixpath.join(posixpath.dirname(name), entry.linkname))
    elif entry.isreg() and entry.sparse is None:
        places[name] = entry.offset_data, entry.size
    else:
        raise RegistryError(f"{archive} has {harmless(name)!r}, which is neither file nor folder, so it is not used")


def _check_links(places: Mapping[str, object], links: Mapping[str, str], archive: str) -> None:
    for name, target in links.items():
        if target not in places:
            raise RegistryError(f"{archive} has the link {harmless(name)!r} to what it does not hold")
