"""The files of a source that are kept the same: all but those that are ignored."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cloudkit.engine.dockerignore import Ignore
from cloudkit.errors import NotFoundError
from cloudkit.model.sync import Sync

__all__ = ["Change", "Look", "Tree", "difference"]

ALWAYS = """\
.git
**/.git
**/.DS_Store
**/*.swp
**/*.swx
**/*~
**/.#*
**/4913
**/__pycache__
**/node_modules
"""  # what editors leave while they save, and what belongs to this machine's platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is different in a tree.

    Args:
        there: Files that are new or other than before, by their path below the source.
        gone: Paths that are there no more.
    """

    there: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.there or self.gone)

    def __str__(self) -> str:
        """Return how much that is, such as ``3 files, 1 removed``."""
        number = len(self.there)
        parts = (f"{number} file{'s' * (number != 1)}" if number else "", f"{len(self.gone)} removed" * bool(self.gone))
        return ", ".join(filter(None, parts)) or "nothing"


Look = Mapping[str, tuple[int, ...]]


class Tree:
    """One source and what of it counts.

    Args:
        sync: The source and its target.
        ignored: Patterns of what is left out, in the form of a ``.dockerignore``, after those of the file itself.

    Raises:
        NotFoundError: There is no such source.
    """

    def __init__(self, sync: Sync, ignored: Sequence[str] = ()) -> None:
        if not sync.source.exists():
            raise NotFoundError(f"there is no {str(sync.source)!r} to keep the same in replicas")
        self.sync = sync
        self.source = sync.source.resolve()
        self.single = self.source.is_file()
        self.root = self.source.parent if self.single else self.source
        self._base, text = ignore_text(self.root)
        self._ignore = Ignore.parse("\n".join((ALWAYS, text, *ignored)))

    @property
    def target(self) -> str:
        """The folder in replicas that the files are laid below."""
        return self.sync.target.rpartition("/")[0] or "/" if self.single else self.sync.target

    def look(self) -> Look:
        """Return the files that there are now, each with what tells whether it is still the same."""
        paths = [self.source] if self.single else self._walk()
        marks = ((self._name(path), mark(path)) for path in paths)
        return {name: seen for name, seen in marks if seen is not None}

    def _walk(self) -> Iterator[Path]:
        """Yield the files that count, without entering what is left out as a whole."""
        for place, folders, files in os.walk(self.root):
            folder = Path(place)
            folders[:] = [name for name in sorted(folders) if self._enters(folder / name)]
            yield from (folder / name for name in sorted(files) if self._counts(folder / name))

    def _enters(self, path: Path) -> bool:
        return self._counts(path) or not self._ignore.hides(path.relative_to(self.root).as_posix())

    def _counts(self, path: Path) -> bool:
        below, named = (path.relative_to(base).as_posix() for base in (self.root, self._base))
        return not self._ignore.excludes(below) and not self._ignore.excludes(named)

    def stage(self, change: Change, folder: Path) -> None:
        """Copy the files of a change into a folder, at their paths; one that goes away meanwhile is left out."""
        for name in change.there:
            origin = self.source if self.single else self.root / name
            staged = folder / name
            staged.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copy2(origin, staged)
            except FileNotFoundError:
                staged.unlink(missing_ok=True)

    def _name(self, path: Path) -> str:
        if self.single:
            return self.sync.target.rpartition("/")[2]
        return path.relative_to(self.root).as_posix()


def difference(before: Look, after: Look) -> Change:
    """Return what has become of some files; a folder that is gone as a whole stands for all that was in it.

    >>> difference({"a/x": (1,), "a/y": (1,), "b": (1,)}, {"b": (2,), "c": (1,)})
    Change(there=('b', 'c'), gone=('a',))
    """
    there = tuple(sorted(name for name, seen in after.items() if before.get(name) != seen))
    left = {folder for name in after for folder in folders_of(name)}
    gone = set()
    for name in before.keys() - after.keys():
        above = [folder for folder in folders_of(name) if folder not in left]
        gone.add(above[0] if above else name)
    return Change(there=there, gone=tuple(sorted(gone)))


def folders_of(name: str) -> list[str]:
    """Return the folders above a path, the outermost first."""
    parts = name.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts))]


def mark(path: Path) -> tuple[int, ...] | None:
    """Return what tells whether a file is still the same, None where it is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    kept = (status.st_mtime_ns, status.st_size, status.st_ino, status.st_mode)
    return kept if stat.S_ISREG(status.st_mode) else None


def ignore_text(root: Path) -> tuple[Path, str]:
    """Return the ``.dockerignore`` that counts: the folder's own, or that of the nearest folder above that builds."""
    for folder in (root, *root.parents):
        file = folder / ".dockerignore"
        if file.is_file():
            return folder, file.read_text(errors="surrogateescape")
        if (folder / "Dockerfile").is_file():
            break
    return root, ""
