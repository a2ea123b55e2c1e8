"""A look through a layer before an engine unpacks it: its own digest, that of its content, and what it costs."""

from __future__ import annotations

import hashlib
import tarfile
from typing import BinaryIO

from cloudkit.errors import RegistryError
from cloudkit.model.reference import Digest
from cloudkit.registry.compression import PIECE, Limits, Unpacked
from cloudkit.registry.manifest import Descriptor

__all__ = ["content_digest"]

BLOCK = 512
EXTENSION_LIMIT = 1024 * 1024


def content_digest(source: BinaryIO, descriptor: Descriptor, limits: Limits) -> Digest:
    """Return the digest of a layer's tar without compression, which its image's configuration names.

    Raises:
        RegistryError: It unpacks to more than ``limits`` allow, or its stream is damaged.
    """
    stream = Unpacked(source, descriptor.size, str(descriptor), limits)
    hasher, walk = hashlib.sha256(), _Walk(str(descriptor), limits.entries)
    while piece := stream.read(PIECE):
        hasher.update(piece)
        walk.take(piece)
    return Digest("sha256", hasher.hexdigest())


class _Walk:
    """Counts the entries of a tar as its bytes pass by, holding no more than one header."""

    def __init__(self, what: str, most: int) -> None:
        self._what, self._most = what, most
        self._count = 0
        self._skip = 0
        self._held = bytearray()
        self._size: int | None = None  # what an extended header says of the next entry
        self._wanted = BLOCK

    def take(self, piece: bytes) -> None:
        """Go on by some bytes."""
        view = memoryview(piece)
        while view:
            if self._skip:
                gone = min(self._skip, len(view))
                self._skip -= gone
                view = view[gone:]
                continue
            part = view[: self._wanted - len(self._held)]
            self._held += part
            view = view[len(part) :]
            if len(self._held) == self._wanted:
                self._block(bytes(self._held))

    def _block(self, held: bytes) -> None:
        self._held.clear()
        if self._wanted != BLOCK:  # header and extended header together
            self._size = _extended_size(held[BLOCK:])
            self._wanted = BLOCK
            return
        if not any(held):
            return
        try:
            entry = tarfile.TarInfo.frombuf(held, "utf-8", "surrogateescape")
        except tarfile.HeaderError:
            raise RegistryError(f"{self._what} is no tar archive") from None
        self._entry(entry, held)

    def _entry(self, entry: tarfile.TarInfo, held: bytes) -> None:
        self._count += 1
        if self._count > self._most:
            raise RegistryError(f"{self._what} has more than {self._most} entries, so it is not used")
        if entry.type == tarfile.XHDTYPE:
            self._hold(held, _padded(entry.size))
            return
        size = entry.size if self._size is None else self._size
        if entry.type not in _LONG:
            self._size = None
        has_data = entry.isreg() or entry.type not in tarfile.SUPPORTED_TYPES or entry.type in _EXTENSIONS
        self._skip = _padded(size) if has_data else 0

    def _hold(self, held: bytes, size: int) -> None:
        """Wait for the rest of an extended header."""
        if size > EXTENSION_LIMIT:
            raise RegistryError(f"{self._what} has a header of {size} bytes, so it is not used")
        if size:
            self._held += held
            self._wanted = BLOCK + size


_LONG = frozenset({tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK})
_EXTENSIONS = _LONG | {tarfile.XGLTYPE}


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _extended_size(records: bytes) -> int | None:
    """Return the size that an extended header gives to the next entry, None when it gives none."""
    while records:
        length, blank, _ = records.partition(b" ")
        if not blank or not length.isdigit() or not 0 < int(length[:9]) <= len(records):
            return None
        record, records = records[len(length) + 1 : int(length)], records[int(length) :]
        key, _, value = record.partition(b"=")
        if key == b"size" and value.strip().isdigit():
            return int(value.strip()[:19])
    return None
