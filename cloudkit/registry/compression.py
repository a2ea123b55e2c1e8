"""Compressed streams, read within limits."""

from __future__ import annotations

import bz2
import gzip
import importlib
import io
import lzma
import sys
import zlib
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from cloudkit.errors import RegistryError

__all__ = ["PIECE", "Limits", "Unpacked", "kind_of"]

PIECE = 256 * 1024
DAMAGE: tuple[type[Exception], ...] = (OSError, EOFError, zlib.error, lzma.LZMAError)
MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an archive of somebody else may cost.

    Args:
        size: Bytes that one compressed stream may unpack to.
        ratio: How many times its size it may unpack to, once it is more than ``free``.
        free: Bytes that any stream may unpack to whatever its ratio, as long runs of zeros are legitimate.
        entries: Files and folders that an archive or a layer may hold.
    """

    size: int = 64 * 1024**3
    ratio: int = 200
    free: int = 256 * 1024**2
    entries: int = 1_000_000


def kind_of(head: bytes) -> str:
    """Return how a stream is compressed, by its first bytes; empty when it is not.

    >>> kind_of(b"\\x1f\\x8b\\x08"), kind_of(b"plain")
    ('gzip', '')
    """
    return next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), "")


class Unpacked(io.RawIOBase):
    """A stream without its compression, which ends with an error where a limit is met.

    Args:
        source: The stream as it is, compressed or not; it is seekable.
        packed: Its bytes.
        what: How an error names it.
        limits: What it may cost.
    """

    def __init__(self, source: BinaryIO, packed: int, what: str, limits: Limits) -> None:
        super().__init__()
        head = source.read(6)
        source.seek(-len(head), io.SEEK_CUR)
        kind = kind_of(head)
        self._stream = _decompressor(source, kind)
        self._damage = (*DAMAGE, _zstd().ZstdError) if kind == "zstd" else DAMAGE
        self._what = what
        self._most = min(limits.size, max(limits.free, packed * limits.ratio))
        self._done = 0

    def readable(self) -> bool:
        """True, as it is read only."""
        return True

    def read(self, size: int = PIECE, /) -> bytes:
        """Return up to ``size`` bytes, never more than a piece at once."""
        try:
            piece = self._stream.read(min(size, PIECE) if size >= 0 else PIECE)
        except self._damage as error:
            raise RegistryError(f"{self._what} is damaged: its compressed stream does not end as it should") from error
        self._done += len(piece)
        if self._done > self._most:
            raise RegistryError(f"{self._what} unpacks to more than {self._most} bytes, so it is not used")
        return piece


def _decompressor(source: BinaryIO, kind: str) -> BinaryIO:
    if kind == "gzip":
        return cast("BinaryIO", gzip.GzipFile(fileobj=source, mode="rb"))
    if kind == "zstd":
        return cast("BinaryIO", _zstd().ZstdFile(source))
    if kind == "bzip2":
        return cast("BinaryIO", bz2.BZ2File(source))
    return cast("BinaryIO", lzma.LZMAFile(source)) if kind == "xz" else source


def _zstd() -> Any:  # noqa: ANN401  one of two modules of equal content
    return importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
