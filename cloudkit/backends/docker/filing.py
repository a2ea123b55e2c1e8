"""Give replicas their files: into their own file system before they start, or by volumes where that is closed.

A volume takes the place of a folder where the root file system is read-only or something is mounted above. It begins
with what the image has there, is filled through a container that never starts, and replicas only read it. Each revision
has its own; they go with it.
"""

from __future__ import annotations

import io
import posixpath
import tarfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cloudkit.backends.docker.ending import remove_container
from cloudkit.backends.docker.labels import REVISION, Component, identity, selector
from cloudkit.backends.docker.names import files_name
from cloudkit.backends.docker.operations.paths import find_place
from cloudkit.backends.docker.operations.streams import checked, url
from cloudkit.backends.docker.users import Owner, owner_in
from cloudkit.backends.givenfiles import GivenFile, given_files, own_folders
from cloudkit.engine.errors import translate
from cloudkit.errors import BackendError, ConflictError, NotFoundError, RolloutError, UnsupportedError, UsageError
from cloudkit.model.cause import Cause, CauseCode

if TYPE_CHECKING:
    from docker import APIClient

    from cloudkit.model.app import AppSpec

__all__ = ["Filing", "drop_files", "put_files", "refuse_files"]

FOR_ALL, FOR_OWNER, FOLDER = 0o444, 0o400, 0o755


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """The files of one revision of an app.

    Args:
        api: The engine.
        namespace: Whose the app is.
        spec: What its replicas are.
        revision: The revision of that.
    """

    api: APIClient
    namespace: str
    spec: AppSpec
    revision: int

    def mounts(self, *, read_only: bool = True) -> list[dict[str, Any]]:
        """Return the volumes of its files, as the engine takes them."""
        labels = {**identity(self.namespace, Component.FILES, self.spec.name), REVISION: str(self.revision)}
        return [
            {
                "Type": "volume",
                "Source": files_name(self.namespace, self.spec.name, self.revision, index),
                "Target": folder,
                "ReadOnly": read_only,
                "VolumeOptions": {"Labels": labels},
            }
            for index, folder in enumerate(own_folders(self.spec))
        ]

    def fill(self, image: str) -> None:
        """Fill the volumes; those that have all their files already are left as they are."""
        files = [one for one in given_files(self.spec) if one.folder in own_folders(self.spec)]
        if not files:
            return
        what = f"make the files of {self.spec.name}"
        with translate(what):
            made = self.api.create_container(
                image,
                ["-"],
                user=self.spec.user,
                labels=identity(self.namespace, Component.FILES, self.spec.name),
                host_config={"NetworkMode": "none", "Mounts": self.mounts(read_only=False)},
            )["Id"]
        try:
            if not all(self._has(made, one) for one in files):
                self._put(made, files)
        finally:
            remove_container(self.api, made)

    def place(self, container: str) -> None:
        """Put the files that stand in a replica's own file system into it, before it starts."""
        files = [one for one in given_files(self.spec) if one.folder not in own_folders(self.spec)]
        if files:
            self._put(container, files)

    def _has(self, container: str, file: GivenFile) -> bool:
        place = find_place(self.api, container, file.path)
        return place is not None and not place.folder and place.size == len(file.content)

    def _put(self, container: str, files: Sequence[GivenFile]) -> None:
        """Write files into a container.

        Raises:
            RolloutError: One of them cannot stand at its path.
        """
        try:
            put_files(self.api, container, files, what=f"give {self.spec.name} its files")
        except (UsageError, BackendError) as error:
            raise _refused(self.spec, error) from error


def put_files(api: APIClient, container: str, files: Sequence[GivenFile], *, what: str) -> None:
    """Write files into a container that has not started, with the folders that they stand in.

    Raises:
        UsageError: One of them cannot stand at its path.
        BackendError: Likewise, as the engine tells it.
    """
    folders = list(_missing(api, container, [one.folder for one in files]))
    body = archive(files, folders, owner_in(api, container))
    with translate(what):
        answer = api.put(
            url(api, "containers", container, "archive"),
            params={"path": "/", "noOverwriteDirNonDir": "1"},
            data=body,
            headers={"Content-Type": "application/x-tar"},
            timeout=api.timeout,
        )
        checked(answer)


def _missing(api: APIClient, container: str, folders: Collection[str]) -> Iterator[str]:
    """Yield the folders that are to be made, outer ones first; those that are there keep their owner and mode."""
    above = {parent for folder in folders for parent in _with_parents(folder)}
    yield from (one for one in sorted(above) if find_place(api, container, one) is None)


def archive(files: Sequence[GivenFile], folders: Sequence[str], owner: Owner) -> bytes:
    """Return files and the folders that are to be made for them as the engine takes them; pure.

    Args:
        files: The files.
        folders: The folders, outer ones first.
        owner: Whose secret files are; where that is not known, everybody may read them.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for folder in folders:
            header = tarfile.TarInfo(folder.lstrip("/"))
            header.type, header.mode = tarfile.DIRTYPE, FOLDER
            tar.addfile(header)
        for one in files:
            header = tarfile.TarInfo(one.path.lstrip("/"))
            header.size, header.mode = len(one.content), FOR_ALL
            if one.secret and owner.known:
                header.mode, header.uid, header.gid = FOR_OWNER, owner.uid, owner.gid
            tar.addfile(header, io.BytesIO(one.content))
    return packed.getvalue()


def refuse_files(spec: AppSpec) -> None:
    """Raise ``UnsupportedError`` where files cannot be given on an engine: a volume cannot be mounted at ``/``."""
    if "/" in own_folders(spec):
        message = f"app {spec.name!r} has a read-only root file system, and a file in / itself"
        raise UnsupportedError(message, capability="files", hint="a path in a folder, such as /etc/NAME")


def drop_files(api: APIClient, namespace: str, app: str, kept: Collection[int]) -> None:
    """Remove the files of an app's revisions that are not kept, and what an interrupted filling has left."""
    labels = selector(namespace, Component.FILES, app)
    with translate(f"list the files of {app}"):
        left = api.containers(all=True, filters={"label": labels})
        volumes = api.volumes(filters={"label": labels})["Volumes"] or []
    for container in left:
        remove_container(api, container["Id"])
    for volume in volumes:
        if (volume.get("Labels") or {}).get(REVISION) not in {str(one) for one in kept}:
            with suppress(NotFoundError, ConflictError), translate(f"remove the files of {app}"):  # gone, or in use
                api.remove_volume(volume["Name"])


def _with_parents(folder: str) -> Iterator[str]:
    while folder != "/":
        yield folder
        folder = posixpath.dirname(folder)


def _refused(spec: AppSpec, error: UsageError | BackendError) -> RolloutError:
    summary = f"the files of {spec.name!r} cannot be put where they belong: {error.summary}"
    fix = f"cloudkit run {spec.image.familiar} ls -la /  # what is there in the image"
    cause = Cause(code=CauseCode.CONFIG_MISSING, summary=summary, evidence=error.evidence, fix=fix)
    return RolloutError(f"app {spec.name!r} cannot run: {summary}", cause=cause)
