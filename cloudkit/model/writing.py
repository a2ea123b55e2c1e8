"""Small files of text, read whole and written whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from cloudkit.errors import ConfigError, NotFoundError

__all__ = ["read_whole", "write_whole"]

LARGEST = 64 * 2**20  # bytes


def read_whole(path: Path) -> str:
    """Return what a file holds.

    Raises:
        NotFoundError: It is not there.
        ConfigError: It cannot be read, is too large, or is no text.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {str(path)!r}", hint=f"ls {path.parent}") from None
    except OSError as error:
        raise ConfigError(f"{str(path)!r} cannot be read: {error.strerror}", hint=f"ls -l {path}") from error
    if len(content) > LARGEST:
        raise ConfigError(f"{str(path)!r} has more than {LARGEST} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ConfigError(f"{str(path)!r} is no text in UTF-8") from None


def write_whole(path: Path, text: str) -> Path:
    """Write a file that only its owner reads, so that whoever looks sees all of it or what was there before.

    Raises:
        ConfigError: It cannot be written.
    """
    draft = ""
    try:
        with NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name[:100]}.", delete=False) as file:
            draft = file.name
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        return Path(draft).replace(path)
    except OSError as error:
        if draft:
            with suppress(OSError):
                Path(draft).unlink()
        raise ConfigError(f"{str(path)!r} cannot be written: {error.strerror}", hint=f"ls -ld {path.parent}") from error
