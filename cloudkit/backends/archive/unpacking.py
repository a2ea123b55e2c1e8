"""Unpack an archive that somebody else made: below one folder, and nothing anywhere else.

A container can put anything into the archive that it hands out, so nothing here trusts it: no member may leave the
folder, no link may point out of it, no link is there while files are still written, and devices are refused.
The lessons are those of CVE-2007-4559, CVE-2018-15664, CVE-2019-14271 and CVE-2025-4517.
"""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from cloudkit.errors import BackendError, UsageError

__all__ = ["unpack"]

PIECE = 1 << 20
END = bytes(2 * tarfile.BLOCKSIZE)
"""What ends each archive."""
MEMBERS = 1_000_000
"""The most files, folders and links in one archive."""
PERMISSIONS = 0o755
"""What is kept of a member's permissions: neither set-uid, nor writable by others."""


def unpack(chunks: Iterable[bytes], folder: Path, name: str) -> None:
    """Unpack an archive into an empty folder, its topmost part under another name.

    Args:
        chunks: The archive, as it comes.
        folder: An empty folder that nobody else writes to.
        name: What the topmost part is called there.

    Raises:
        UsageError: The archive holds what must not be unpacked: which member, and why.
        BackendError: The archive is broken or cut off.
    """
    try:
        content = _Chunks(chunks)
        with tarfile.open(fileobj=content, mode="r|") as archive:
            _Unpacking(archive, folder, name).all()
        content.to_end()
    except (tarfile.TarError, EOFError) as error:
        raise BackendError("the archive that came is broken or cut off", evidence=[str(error)]) from error


class _Chunks(io.RawIOBase):
    """Pieces as they come, read as a file."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks: Iterator[bytes] = iter(chunks)
        self._rest = b""
        self._tail = b""

    def readable(self) -> bool:
        """True: it is there to be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer with what is there; 0 at the end."""
        while not self._rest:
            if (chunk := self._next()) is None:
                return 0
            self._rest = chunk
        piece, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)

    def to_end(self) -> None:
        """Read what is left; an archive without its end mark was cut off, which tarfile may pass over."""
        while self._next() is not None:
            pass
        if self._tail != END:
            raise EOFError("it has no end mark")

    def _next(self) -> bytes | None:
        chunk = next(self._chunks, None)
        self._tail = (self._tail + (chunk or b""))[-len(END) :]
        return chunk


class _Unpacking:
    """One archive while it is unpacked."""

    def __init__(self, archive: tarfile.TarFile, folder: Path, name: str) -> None:
        self._archive = archive
        self._folder = folder
        self._name = name
        self._top: str | None = None
        self._files: set[PurePosixPath] = set()
        self._folders: dict[PurePosixPath, int] = {}
        self._links: dict[PurePosixPath, str] = {}

    def all(self) -> None:
        """Unpack every member; the links and the folders' permissions last, when nothing is written any more."""
        archive: Any = self._archive
        seen: list[tarfile.TarInfo] = archive.members  # tarfile keeps all that it has seen, which may be many
        count = 0
        while (member := self._archive.next()) is not None:
            count += 1
            if count > MEMBERS:
                raise UsageError(f"the archive has more than {MEMBERS} members")
            self._one(member)
            seen.clear()
        for place, target in self._links.items():
            (self._folder / place).symlink_to(target)
        for place, mode in reversed(self._folders.items()):
            (self._folder / place).chmod(mode)

    def _one(self, member: tarfile.TarInfo) -> None:
        place = self._place(member, member.name)
        self._check_way(member, place)
        path = self._folder / place
        if member.isdir():
            path.mkdir(parents=True, exist_ok=True)
            self._folders[place] = member.mode & PERMISSIONS | 0o700
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if member.isreg() and not member.issparse():
            self._write(member, path)
            self._files.add(place)
        elif member.issym():
            self._check_link(member, place)
            self._links[place] = member.linkname
        elif member.islnk():
            self._link_again(member, path)
            self._files.add(place)
        else:
            _refuse(member, "it is a device, a pipe or of another kind that is not copied")

    def _place(self, member: tarfile.TarInfo, name: str) -> PurePosixPath:
        """Return where a member goes, below the folder; the first one is the topmost part of all."""
        parts = [part for part in name.split("/") if part not in {"", "."}]
        if name.startswith("/") or ".." in parts:
            _refuse(member, "its name leads out of the folder")
        if self._top is None:
            self._top = parts[0] if parts else ""
        if self._top:
            if not parts or parts[0] != self._top:
                _refuse(member, f"it is not below {self._top!r}")
            parts = parts[1:]
        return PurePosixPath(self._name, *parts)

    def _check_way(self, member: tarfile.TarInfo, place: PurePosixPath) -> None:
        """Refuse a member that goes through a link or a file, or that is there already."""
        if any(parent in self._links or parent in self._files for parent in place.parents):
            _refuse(member, "a part of its path is a link or a file")
        if place in self._links or place in self._files or (place in self._folders and not member.isdir()):
            _refuse(member, "it is there twice")

    def _check_link(self, member: tarfile.TarInfo, place: PurePosixPath) -> None:
        """Refuse a link out of the topmost part.

        It may climb first and then descend. The way up is over folders, which are known not to be links; a step up
        later might start from behind another link, where nobody knows what is above.
        """
        parts = member.linkname.split("/")
        climbs = next((index for index, part in enumerate(parts) if part != ".."), len(parts))
        if member.linkname.startswith("/") or not member.linkname or ".." in parts[climbs:]:
            _refuse(member, f"it links to {member.linkname!r}, which may be outside")
        if climbs > len(place.parts) - 2 or len(place.parts) == 1:
            _refuse(member, f"it links to {member.linkname!r}, which is outside")

    def _write(self, member: tarfile.TarInfo, path: Path) -> None:
        content = self._archive.extractfile(member)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        descriptor = os.open(path, flags, member.mode & PERMISSIONS | 0o600)
        with os.fdopen(descriptor, "wb") as file:
            if content is not None:
                shutil.copyfileobj(content, file, PIECE)
        with suppress(OSError, OverflowError, ValueError):  # a time that this file system does not know
            os.utime(path, (member.mtime, member.mtime))

    def _link_again(self, member: tarfile.TarInfo, path: Path) -> None:
        """Make one more name for a file of this archive; any other hard link is refused."""
        original = self._place(member, member.linkname)
        if original not in self._files:
            _refuse(member, f"it is a hard link to {member.linkname!r}, which is no file of this archive")
        os.link(self._folder / original, path, follow_symlinks=False)


def _refuse(member: tarfile.TarInfo, reason: str) -> NoReturn:
    raise UsageError(f"the copy holds {member.name[:200]!r}, which is refused: {reason}", hint="copy a part of it")
