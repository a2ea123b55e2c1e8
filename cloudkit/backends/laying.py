"""What a backend must be able to do so that one can develop inside of what runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from cloudkit.errors import AccessError, UnsupportedError
from cloudkit.model.task import TaskResult

__all__ = ["Laying", "Reviving", "judge_removal", "removals"]


@runtime_checkable
class Laying(Protocol):
    """A backend that lays files over those of a replica."""

    def lay(self, name: str, folder: Path, target: str, *, replica: str, gone: Sequence[str] = ()) -> None:
        """Lay the files of a folder over those below a path; folders that are there keep their owner and mode.

        Args:
            name: The app.
            folder: What is laid: its files, at the same paths below ``target``. Folders that lack are made.
            target: The path inside the replica.
            replica: Which one.
            gone: Paths below ``target`` that are removed before; one that is not there is no error.
        """
        ...


@runtime_checkable
class Reviving(Protocol):
    """A backend that restarts a replica with the files that it has."""

    def revive(self, name: str, replica: str) -> None:
        """Stop the process of a replica and start it again, in the same place."""
        ...


AT_ONCE = 200  # paths of one command


def removals(target: str, gone: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the commands that remove paths below a folder inside of a replica.

    >>> list(removals("/app", ["a.js"]))
    [('rm', '-rf', '--', '/app/a.js')]
    """
    for start in range(0, len(gone), AT_ONCE):
        yield ("rm", "-rf", "--", *(f"{target.rstrip('/')}/{path}" for path in gone[start : start + AT_ONCE]))


def judge_removal(replica: str, result: TaskResult) -> None:
    """Raise where files could not be removed.

    Raises:
        AccessError: The replica's user may not.
        UnsupportedError: The image has no ``rm``.
    """
    if result.exit_code in (126, 127):
        message = f"{replica} cannot remove files: its image has no rm"
        raise UnsupportedError(message, capability="develop", hint="an image with a shell, such as a slim one")
    if not result.ok:
        raise AccessError(f"{replica} cannot remove files", evidence=result.output.splitlines()[-5:])
