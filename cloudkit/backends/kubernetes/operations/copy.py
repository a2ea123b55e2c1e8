"""Copy files and folders into and out of a pod, by the ``tar`` that its image has."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from threading import Thread
from typing import TYPE_CHECKING

from cloudkit.backends.archive.landing import check_path, local, outside, settle, staging
from cloudkit.backends.archive.packing import laid, packed
from cloudkit.backends.archive.unpacking import unpack
from cloudkit.backends.commands.output import Tail
from cloudkit.backends.kubernetes.operations.channels import STDERR, STDOUT, Conversation
from cloudkit.backends.kubernetes.operations.execute import converse, require_end_of_input
from cloudkit.backends.kubernetes.operations.places import Place, find_place, without
from cloudkit.backends.kubernetes.operations.status import lacks, read_status
from cloudkit.backends.kubernetes.operations.wrapping import drained
from cloudkit.errors import AccessError, BackendError, CloudkitError, NotFoundError, UsageError

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["copy_in", "copy_out", "lay"]

CONTENT = "content"
_NO_COMMAND = 127  # as a shell says it
_COMPLAINTS = 8192  # bytes of what tar complains of


def copy_in(client: Client, pod: str, source: Path, destination: str) -> None:
    """Copy a file or folder of this machine to a path in a pod's container.

    Where the path is a folder, the copy goes into it under its own name; else the path is what the copy is called.
    It belongs to whom the container runs as. A failure in the middle may leave a part of it there; copying again
    mends that.

    Raises:
        NotFoundError: The source, the pod or the folder to copy into is not there.
        UsageError: A folder would take the place of a file, or the source holds a device, a pipe or a socket.
        AccessError: The container's user may not write there.
        UnsupportedError: The image has no ``tar`` or no ``sh``.
    """
    check_path("destination", destination)
    if not source.is_symlink() and not source.exists():
        raise NotFoundError(f"there is no {str(source)!r} to copy")
    folder, name = _inside(client, pod, source, destination)
    what = f"copy {str(source)!r} to {pod}:{destination}"
    _send(client, pod, folder, packed(source, name, tarfile.GNU_FORMAT), what)


def lay(client: Client, pod: str, folder: Path, destination: str) -> None:
    """Lay the files of a folder over those below a path in a pod's container; folders that are there stay as they are.

    Raises:
        NotFoundError: The pod is not there.
        AccessError: The container's user may not write there.
        UnsupportedError: The image has no ``tar`` or no ``sh``.
    """
    check_path("destination", destination)
    place = find_place(client, pod, destination)
    there = place is not None and place.folder
    prefix = "" if there else destination.strip("/")
    into = place.path if place is not None and there else "/"
    _send(client, pod, into, laid(folder, prefix, tarfile.GNU_FORMAT), f"lay files below {pod}:{destination}")


def _send(client: Client, pod: str, folder: str, archive: Iterator[bytes], what: str) -> None:
    complaints = Tail(_COMPLAINTS)
    with (
        local(what),
        converse(client, pod, drained(["tar", "-x", "-f", "-", "-C", folder]), stdin=True) as conversation,
    ):
        require_end_of_input(conversation, wanted=True)
        reading = Thread(target=_listen, args=(conversation, complaints), name="cloudkit-copy", daemon=True)
        reading.start()
        for piece in archive:
            conversation.write(piece)
            if not reading.is_alive():
                break  # tar has ended, and says why
        conversation.end_input()
        reading.join()
    _judge(conversation, what, pod, complaints.text)


def _listen(conversation: Conversation, complaints: Tail) -> None:
    for _, data in conversation:
        complaints.add(data)


def _inside(client: Client, pod: str, source: Path, destination: str) -> tuple[str, str]:
    """Return the folder to copy into, and the copy's name there."""
    place = find_place(client, pod, destination)
    if place is not None and place.folder:
        return place.path, source.name or source.resolve().name
    path = PurePosixPath(place.path if place is not None else destination)
    if source.is_dir() and place is not None:
        raise UsageError(f"{pod}:{destination} is a file; a folder cannot take its place")
    parent = find_place(client, pod, str(path.parent))
    if parent is None or not parent.folder or destination.endswith("/"):
        missing = destination if destination.endswith("/") else str(path.parent)
        raise NotFoundError(f"there is no folder {missing} in {pod} to copy into")
    return parent.path, path.name


def copy_out(client: Client, pod: str, source: str, destination: Path) -> Path:
    """Copy a file or folder out of a pod's container and return where it is now.

    Where ``destination`` is a folder, the copy goes into it under its own name; else that is what the copy is called.
    A source that ends in ``/.`` means what the folder holds. Nothing is written outside the destination, whatever the
    container hands out; a file is there whole or not at all.

    Raises:
        NotFoundError: The source, the pod or the folder to copy into is not there.
        UsageError: A file and a folder would take each other's place, or the source holds what is refused: links out
            of it, devices, pipes.
        AccessError: The container's user may not read it.
        UnsupportedError: The image has no ``tar`` or no ``sh``.
        BackendError: The cluster failed, or this machine's disk is full.
    """
    place = find_place(client, pod, check_path("source", source))
    if place is None:
        raise NotFoundError(f"there is no {source} in {pod}")
    final = outside(source, destination, folder=place.folder)
    what = f"copy {pod}:{source} to {str(final)!r}"
    complaints = Tail(_COMPLAINTS)
    with local(what), staging(final.parent) as waiting:
        with converse(client, pod, _packing(place)) as conversation:
            archive = _archive(conversation, complaints)
            try:
                unpack(archive, waiting, CONTENT)
            except BackendError:
                _drain(archive)
                _judge(conversation, what, pod, complaints.text)
                raise
        _judge(conversation, what, pod, complaints.text)
        settle(waiting / CONTENT, final)
    return final


def _packing(place: Place) -> list[str]:
    """Return the command that packs a place; a name that begins with a dash is no option."""
    path = PurePosixPath(place.path)
    folder, what = (place.path, ".") if place.folder else (str(path.parent), f"./{path.name}")
    return ["tar", "-c", "-f", "-", "-C", folder, what]


def _archive(conversation: Conversation, complaints: Tail) -> Iterator[bytes]:
    for channel, data in conversation:
        if channel == STDOUT:
            yield data
        elif channel == STDERR:
            complaints.add(data)


def _drain(archive: Iterable[bytes]) -> None:
    for _ in archive:
        pass


def _judge(conversation: Conversation, what: str, pod: str, complaints: str) -> None:
    """Raise for a ``tar`` that did not end well."""
    ended = read_status(conversation.status, what, pod)
    if lacks(ended, "tar") or ended.code == _NO_COMMAND:
        raise without("tar", pod)
    if ended.code:
        raise _failure(what, f"{ended.words}{complaints}")


def _failure(what: str, complaints: str) -> CloudkitError:
    evidence = complaints.strip().splitlines()[-5:]
    words = complaints.lower()
    if "permission denied" in words or "not permitted" in words or "read-only" in words:
        return AccessError(f"cannot {what}: the container's user may not go there", evidence=evidence)
    if "no space left" in words:
        return BackendError(f"cannot {what}: the disk there is full", evidence=evidence)
    if "changed as we read" in words or "shrank" in words:
        return BackendError(f"cannot {what}: a part of it changed meanwhile", evidence=evidence, hint="copy it again")
    return BackendError(f"cannot {what}: tar failed there", evidence=evidence)
