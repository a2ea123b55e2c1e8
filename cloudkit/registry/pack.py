"""Tar archives on their way out: piece by piece, equal for equal content, whole or not at all."""

from __future__ import annotations

import os
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cloudkit.errors import BackendError, NotFoundError, RegistryError

__all__ = ["Entry", "packed", "write_whole"]

BLOCK = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file of an archive.

    Args:
        name: Its path.
        size: Its bytes.
        pieces: Its content, read once.
    """

    name: str
    size: int
    pieces: Iterable[bytes]

    @classmethod
    def of(cls, name: str, content: bytes) -> Entry:
        """Make an entry of bytes that are at hand."""
        return cls(name=name, size=len(content), pieces=(content,))


def packed(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield a tar archive of entries; owner, time and mode are the same each time, so equal content is equal bytes."""
    for entry in entries:
        head = tarfile.TarInfo(entry.name)
        head.size = entry.size
        yield head.tobuf(tarfile.PAX_FORMAT)
        done = 0
        for piece in entry.pieces:
            done += len(piece)
            yield piece
        if done != entry.size:
            raise RegistryError(f"{entry.name} has {done} bytes, not {entry.size}")
        yield bytes(-done % BLOCK)
    yield bytes(2 * BLOCK)


def write_whole(path: Path, pieces: Iterable[bytes]) -> Path:
    """Write a file under its name only once all of it is on disk; nothing is left of one that fails.

    Raises:
        NotFoundError: There is no such folder.
        BackendError: The disk is full, or the folder may not be written.
    """
    if not path.parent.is_dir():
        raise NotFoundError(f"cannot write {str(path)!r}: there is no folder {str(path.parent)!r}")
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:100]}.", delete=False) as file:
            try:
                for piece in pieces:
                    file.write(piece)
                file.flush()
                os.fchmod(file.fileno(), 0o644)
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        _remember(path.parent)
    except OSError as error:
        raise BackendError(f"cannot write {str(path)!r}: {error.strerror or error}", hint="df -h") from error
    return path


def _remember(folder: Path) -> None:
    """Make the new name last through a power cut."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
