"""Copy files and folders into and out of a replica; it need not run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from cloudkit.backends.archive.landing import check_path, local, outside, settle, staging
from cloudkit.backends.archive.packing import laid, packed
from cloudkit.backends.archive.unpacking import unpack
from cloudkit.backends.docker.operations.paths import find_place
from cloudkit.backends.docker.operations.streams import checked, open_feed, url
from cloudkit.backends.replicalogs.targets import Target
from cloudkit.engine.errors import translate
from cloudkit.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["copy_in", "copy_out", "lay"]

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
    with local(what), translate(what):
        _put(api, target, folder, packed(source, name))


def lay(api: APIClient, target: Target, folder: Path, destination: str) -> None:
    """Lay the files of a folder over those below a path in a container; folders that are there stay as they are.

    Raises:
        NotFoundError: The container is not there.
        UsageError: A file would take the place of a folder.
    """
    check_path("destination", destination)
    place = find_place(api, target.id, destination)
    there = place is not None and place.folder
    what = f"lay files below {target.name}:{destination}"
    with local(what), translate(what):
        prefix = "" if there else destination.strip("/")
        _put(api, target, place.path if place is not None and there else "/", laid(folder, prefix))


def _put(api: APIClient, target: Target, folder: str, archive: Iterator[bytes]) -> None:
    answer = api.put(
        url(api, "containers", target.id, "archive"),
        params={"path": folder, "noOverwriteDirNonDir": "1"},
        data=archive,
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
    final = outside(source, destination, folder=place.folder)
    what = f"copy {target.name}:{source} to {str(final)!r}"
    with local(what), staging(final.parent) as waiting, translate(what):
        with open_feed(api, "containers", target.id, "archive", params={"path": place.path}) as feed:
            unpack(feed.whole(), waiting, CONTENT)
        settle(waiting / CONTENT, final)
    return final
