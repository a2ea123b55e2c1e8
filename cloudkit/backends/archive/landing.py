"""Where a copy out of a container lands on this machine: whole or not at all."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp

from cloudkit.errors import AccessError, BackendError, NotFoundError, UsageError
from cloudkit.model.refusal import refusal

__all__ = ["check_path", "local", "outside", "settle", "staging"]


def check_path(field: str, path: str) -> str:
    """Refuse a path inside a container that is not absolute."""
    if not path.startswith("/") or "\0" in path:
        raise refusal(field, path, "an absolute path inside the container")
    return path


def outside(source: str, destination: Path, *, folder: bool) -> Path:
    """Return where the copy will be, or refuse."""
    name = PurePosixPath(source).name
    if name == "..":
        raise UsageError(f"{source!r} ends in '..'; name the folder itself")
    final = destination / name if destination.is_dir() and not source.endswith("/.") else destination
    if not final.parent.is_dir():
        raise NotFoundError(f"there is no folder {str(final.parent)!r} to copy into")
    if folder and final.exists() and not final.is_dir():
        raise UsageError(f"{str(final)!r} is a file; a folder cannot take its place")
    if not folder and final.is_dir():
        raise UsageError(f"{str(final)!r} is a folder; a file cannot take its place")
    return final


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Lend a folder on the same file system, where what is incomplete stays out of sight."""
    place = Path(mkdtemp(prefix=".cloudkit-", dir=folder))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def settle(new: Path, final: Path) -> None:
    """Move what is complete to where it belongs; into a folder that is there already, part by part."""
    moves = list(_moves(new, final))
    for part, place in moves:
        part.replace(place)


def _moves(new: Path, final: Path) -> Iterator[tuple[Path, Path]]:
    """Yield what goes where; refuse before anything has moved."""
    is_folder = new.is_dir() and not new.is_symlink()
    if not is_folder:
        if final.is_dir() and not final.is_symlink():
            raise UsageError(f"{str(final)!r} is a folder; a file cannot take its place")
        yield new, final
    elif not final.exists() and not final.is_symlink():
        yield new, final
    elif final.is_symlink() or not final.is_dir():
        raise UsageError(f"{str(final)!r} is a link or a file; a folder cannot take its place")
    else:
        for child in sorted(new.iterdir()):
            yield from _moves(child, final / child.name)


@contextmanager
def local(what: str) -> Iterator[None]:
    """Turn an error of this machine's file system into one of cloudkit's."""
    try:
        yield
    except PermissionError as error:
        raise AccessError(f"cannot {what}: this machine refuses", evidence=[str(error)]) from error
    except FileNotFoundError as error:
        raise NotFoundError(f"cannot {what}: a part of it went away meanwhile", evidence=[str(error)]) from error
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        why = "the disk of this machine is full" if full else "the file system failed"
        raise BackendError(f"cannot {what}: {why}", evidence=[str(error)]) from error
