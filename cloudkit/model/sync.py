"""A folder or file of this machine, and where its copy is in replicas."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Self

from cloudkit.errors import UsageError

__all__ = ["Sync"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """What is kept the same.

    Args:
        source: The folder or file here.
        target: Its absolute path in replicas.

    >>> Sync.parse("src:/app").target
    '/app'
    """

    source: Path
    target: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``SOURCE:/TARGET``.

        Raises:
            UsageError: It is of another form, or the target is no absolute path below the root.
        """
        source, colon, target = str(text).rpartition(":")
        path = PurePosixPath(target)
        if not colon or not source or not path.is_absolute() or ".." in path.parts or len(path.parts) < 2:
            message = f"sync: {str(text)[:80]!r} is not of the form SOURCE:/TARGET"
            raise UsageError(message, hint="src:/app")
        return cls(source=Path(source).expanduser(), target=str(path))

    def __str__(self) -> str:
        """Return the form that ``parse`` reads."""
        return f"{self.source}:{self.target}"
