"""A replica's file system: paths and their content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from cloudkit.errors import NotFoundError, UsageError

__all__ = ["Files"]


class Files:
    """Files by absolute path; a folder is there while a file is in it.

    Args:
        volumes: What is mounted, by the path of its folder; its files are the volume's own.

    Attributes:
        content: What is in its own files, by path.

    >>> files = Files()
    >>> files.write("/app/index.js", b"1")
    >>> files.read("index.js", "/app"), files.read("/nowhere")
    (b'1', None)
    """

    def __init__(self, volumes: Mapping[str, Files] | None = None) -> None:
        self.content: dict[PurePosixPath, bytes] = {}
        self._volumes = {PurePosixPath(path): files for path, files in (volumes or {}).items()}

    def read(self, path: str, workdir: str = "/") -> bytes | None:
        """Return a file's content; None when it is not there."""
        files, place = self._home(_absolute(path, workdir))
        return files.content.get(place)

    def write(self, path: str, content: bytes, workdir: str = "/") -> None:
        """Make or replace a file."""
        self._keep(_absolute(path, workdir), content)

    def put(self, source: Path, target: str) -> None:
        """Copy a file or folder of this machine here; into ``target`` when that is a folder here.

        Raises:
            NotFoundError: There is no ``source``.
            UsageError: A link in it leads out of it.
        """
        if not source.exists():
            raise NotFoundError(f"{str(source)!r} is not there to be copied")
        place = _absolute(target)
        if target.endswith("/") or self._is_folder(place):
            place /= source.name
        for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if path.is_file():
                self._keep(place / path.relative_to(source), _inside(path, source).read_bytes())

    def lay(self, folder: Path, target: str) -> None:
        """Copy the files of a folder below a path, whether or not there is something."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self._keep(_absolute(target) / path.relative_to(folder), path.read_bytes())

    def remove(self, path: str) -> None:
        """Remove a file, or a folder with all that is in it; one that is not there is no error."""
        place = _absolute(path)
        for one in [one for one, _ in self._all() if one == place or place in one.parents]:
            files, there = self._home(one)
            files.content.pop(there, None)

    def get(self, source: str, target: Path) -> Path:
        """Copy a file or folder from here to this machine; into ``target`` when that is a folder.

        Raises:
            NotFoundError: There is no ``source``.
        """
        place = _absolute(source)
        root = target / place.name if target.is_dir() else target
        every = dict(self._all())
        if place in every:
            return _written(root, every[place])
        if not self._is_folder(place):
            raise NotFoundError(f"{source!r} is not there to be copied")
        for path, content in every.items():
            if place in path.parents:
                _written(root / path.relative_to(place), content)
        return root

    def _is_folder(self, place: PurePosixPath) -> bool:
        return place in self._volumes or any(place in path.parents for path, _ in self._all())

    def _home(self, place: PurePosixPath) -> tuple[Files, PurePosixPath]:
        """Return whose file it is, and where it is there: the innermost volume's that is mounted above it."""
        above = max((path for path in self._volumes if path in place.parents), key=lambda p: len(p.parts), default=None)
        return (self, place) if above is None else (self._volumes[above], PurePosixPath("/", place.relative_to(above)))

    def _keep(self, place: PurePosixPath, content: bytes) -> None:
        files, there = self._home(place)
        files.content[there] = content

    def _all(self) -> Iterator[tuple[PurePosixPath, bytes]]:
        """Return every file with its path, those of volumes at the places where they are mounted."""
        yield from ((path, content) for path, content in self.content.items() if self._home(path)[0] is self)
        for above, files in self._volumes.items():
            for path, content in files.content.items():
                place = above / path.relative_to("/")
                if self._home(place)[0] is files:
                    yield place, content


def _absolute(path: str, workdir: str = "/") -> PurePosixPath:
    """Return the path without ``.`` and ``..``: nothing is above the root."""
    parts: list[str] = []
    for part in PurePosixPath(workdir, path).parts[1:]:
        if part == "..":
            parts = parts[:-1]
        else:
            parts.append(part)
    return PurePosixPath("/", *parts)


def _inside(path: Path, root: Path) -> Path:
    if path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
        raise UsageError(f"{str(path)!r} is a link that leads out of {str(root)!r}")
    return path


def _written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
