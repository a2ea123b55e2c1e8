"""Copy files and folders into and out of a replica; it need not run."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from cloudkit.backends.docker.operations.packing import packed
from cloudkit.backends.docker.operations.paths import check_path, find_place
from cloudkit.backends.docker.operations.replica_log import Target
from cloudkit.backends.docker.operations.streams import checked, open_feed, url
from cloudkit.backends.docker.operations.unpacking import unpack
from cloudkit.engine.errors import translate
from cloudkit.errors import AccessError, BackendError, NotFoundError, UsageError

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["copy_in", "copy_out"]

CONTENT = "content"


def copy_in(api: APIClient, target: Target, source: Path, destination: str) -> None:
    """Copy a file or folder of this machine to a path in a container.

    Where the path is a folder, the copy goes into it under its own name; else the path is what the copy is called.
    The copy belongs to root. A failure in the middle may leave a part of it there; copying again mends that.

    Raises:
        NotFoundError: The source, the container or the folder to copy into is not there.
        UsageError: A folder would take the place of a file, or the source holds a device, a pipe or a socket.
    """
    check_path("destination", destination)
    if not source.is_symlink() and not source.exists():
        raise NotFoundError(f"there is no {str(source)!r} to copy")
    folder, name = _inside(api, target, source, destination)
    what = f"copy {str(source)!r} to {target.name}:{destination}"
    with _local(what), translate(what):
        answer = api.put(
            url(api, "containers", target.id, "archive"),
            params={"path": folder, "noOverwriteDirNonDir": "1"},
            data=packed(source, name),
            headers={"Content-Type": "application/x-tar"},
            timeout=api.timeout,
        )
        checked(answer)


def _inside(api: APIClient, target: Target, source: Path, destination: str) -> tuple[str, str]:
    """Return the folder to copy into, and the copy's name there."""
    place = find_place(api, target.id, destination)
    if place is not None and place.folder:
        return place.path, source.name or source.resolve().name
    path = PurePosixPath(place.path if place is not None else destination)
    if source.is_dir() and place is not None:
        raise UsageError(f"{target.name}:{destination} is a file; a folder cannot take its place")
    parent = find_place(api, target.id, str(path.parent))
    if parent is None or not parent.folder or destination.endswith("/"):
        missing = destination if destination.endswith("/") else str(path.parent)
        raise NotFoundError(f"there is no folder {missing} in {target.name} to copy into")
    return parent.path, path.name


def copy_out(api: APIClient, target: Target, source: str, destination: Path) -> Path:
    """Copy a file or folder out of a container and return where it is now.

    Where ``destination`` is a folder, the copy goes into it under its own name; else that is what the copy is called.
    A source that ends in ``/.`` means what the folder holds. Nothing is written outside the destination, whatever the
    container hands out; a file is there whole or not at all.

    Raises:
        NotFoundError: The source, the container or the folder to copy into is not there.
        UsageError: A file and a folder would take each other's place, or the source holds what is refused: links out
            of it, devices, pipes.
        BackendError: The engine failed, or this machine's disk is full.
    """
    place = find_place(api, target.id, check_path("source", source))
    if place is None:
        raise NotFoundError(f"there is no {source} in {target.name}")
    final = _outside(source, destination, folder=place.folder)
    what = f"copy {target.name}:{source} to {str(final)!r}"
    with _local(what), _staging(final.parent) as staging, translate(what):
        with open_feed(api, "containers", target.id, "archive", params={"path": place.path}) as feed:
            unpack(feed.whole(), staging, CONTENT)
        _settle(staging / CONTENT, final)
    return final


def _outside(source: str, destination: Path, *, folder: bool) -> Path:
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
def _staging(folder: Path) -> Iterator[Path]:
    """Lend a folder on the same file system, where what is incomplete stays out of sight."""
    place = Path(mkdtemp(prefix=".cloudkit-", dir=folder))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _settle(new: Path, final: Path) -> None:
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
def _local(what: str) -> Iterator[None]:
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
