"""The files that an app's replicas are given, and where they cannot stand in the replica's own file system: pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field

from cloudkit.model.app import AppSpec
from cloudkit.model.files import folders_of
from cloudkit.model.task import TaskSpec

__all__ = ["GivenFile", "given_files", "own_folders"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFile:
    """One file; its content is not shown, as it may be secret.

    Args:
        path: Where it stands in the replica.
        content: What is in it.
        secret: True when only the replica's user may read it.
    """

    path: str
    content: bytes = field(repr=False)
    secret: bool = False

    @property
    def folder(self) -> str:
        """The folder that it stands in."""
        return posixpath.dirname(self.path)


def given_files(spec: AppSpec | TaskSpec) -> Iterator[GivenFile]:
    """Yield the files of a spec, those of its configuration first.

    >>> from cloudkit.model.reference import Reference
    >>> spec = AppSpec(name="web", image=Reference.parse("web:1"), config={"/etc/web.toml": "a = 1"})
    >>> list(given_files(spec))
    [GivenFile(path='/etc/web.toml', secret=False)]
    """
    for path, content in spec.config.items():
        yield GivenFile(path=path, content=content.encode())
    for path, secret in spec.secrets.items():
        yield GivenFile(path=path, content=secret.reveal().encode(), secret=True)


def own_folders(spec: AppSpec | TaskSpec) -> tuple[str, ...]:
    """Return the folders that must be mounted for files to stand in them: the root is read-only, or a mount is above.

    >>> from cloudkit.model.reference import Reference
    >>> spec = AppSpec(name="web", image=Reference.parse("web:1"), config={"/etc/web.toml": "a = 1"})
    >>> own_folders(spec), own_folders(spec.replace(read_only=True))
    ((), ('/etc',))
    """
    closed = isinstance(spec, AppSpec) and spec.read_only
    return folders_of([path for path in (*spec.config, *spec.secrets) if closed or _is_covered(spec, path)])


def _is_covered(spec: AppSpec | TaskSpec, path: str) -> bool:
    return any(path.startswith(f"{mount.target}/") for mount in spec.mounts)
