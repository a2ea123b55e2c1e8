"""Pack a file or folder of this machine as the archive that a container gets, piece by piece."""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from cloudkit.errors import NotFoundError, UsageError

__all__ = ["laid", "packed"]

PIECE = 1 << 20
_END = bytes(2 * tarfile.BLOCKSIZE)
_KINDS = {stat.S_IFSOCK: "a socket", stat.S_IFIFO: "a pipe", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}


def packed(source: Path, name: str, form: Literal[1, 2] = tarfile.PAX_FORMAT) -> Iterator[bytes]:
    """Yield an archive of a file, or of a folder with all below it, under another name; links stay links.

    What it holds belongs to root, as ``docker cp`` has it.

    Args:
        source: What is packed.
        name: What it is called in the archive.
        form: How names that are long or not ASCII are written: small ``tar`` commands know ``GNU_FORMAT`` alone.

    Raises:
        UsageError: There is a socket, a pipe or a device in it.
        NotFoundError: A part of it went away or grew shorter meanwhile.
    """
    for path in _walk(source):
        inside = name if path == source else f"{name}/{path.relative_to(source)}"
        yield from _member(path, inside, form)
    yield _END


def laid(folder: Path, prefix: str, form: Literal[1, 2] = tarfile.PAX_FORMAT) -> Iterator[bytes]:
    """Yield an archive of the files below a folder, without the folders: those that are there stay as they are.

    Args:
        folder: What is packed.
        prefix: The folder that the files are below in the archive; empty for its root.
        form: How names that are long or not ASCII are written.
    """
    for path in _walk(folder):
        if path.is_symlink() or not path.is_dir():
            inside = path.relative_to(folder).as_posix()
            yield from _member(path, f"{prefix}/{inside}" if prefix else inside, form)
    yield _END


def _walk(source: Path) -> Iterator[Path]:
    """Yield a path and all below it, in order, without following links."""
    yield source
    if source.is_dir() and not source.is_symlink():
        for child in sorted(source.iterdir()):
            yield from _walk(child)


def _member(path: Path, name: str, form: Literal[1, 2]) -> Iterator[bytes]:
    status = _status(path)
    if kind := _KINDS.get(stat.S_IFMT(status.st_mode)):
        raise UsageError(f"{str(path)!r} is {kind}; files, folders and links can be copied")
    header = tarfile.TarInfo(name)
    header.mode, header.mtime = stat.S_IMODE(status.st_mode), int(status.st_mtime)
    if stat.S_ISLNK(status.st_mode):
        header.type, header.linkname = tarfile.SYMTYPE, str(path.readlink())
    elif stat.S_ISDIR(status.st_mode):
        header.type = tarfile.DIRTYPE
    else:
        header.size = status.st_size
    yield header.tobuf(form, errors="surrogateescape")
    if header.size:
        yield from _content(path, header.size)
        yield bytes(-header.size % tarfile.BLOCKSIZE)


def _content(path: Path, size: int) -> Iterator[bytes]:
    """Yield exactly that many bytes: what is added meanwhile is left out."""
    with path.open("rb") as file:
        while size > 0:
            piece = file.read(min(PIECE, size))
            if not piece:
                raise NotFoundError(f"{str(path)!r} became shorter while it was copied", hint="copy it again")
            size -= len(piece)
            yield piece


def _status(path: Path) -> os.stat_result:
    try:
        return path.lstat()
    except FileNotFoundError as error:
        raise NotFoundError(f"{str(path)!r} went away while it was copied", hint="copy it again") from error
