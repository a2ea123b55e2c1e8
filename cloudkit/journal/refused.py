"""The one place where SQLite's failures become cloudkit's errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cloudkit.errors import JournalError

__all__ = ["refused"]

_ELSEWHERE = "CLOUDKIT_JOURNAL=/another/file, or CLOUDKIT_JOURNAL=off"
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_TEXTS = {
    "SQLITE_FULL": ("its disk is full", f"free some of it; or {_ELSEWHERE}"),
    "SQLITE_READONLY": ("it cannot be written to", _ELSEWHERE),
    "SQLITE_CANTOPEN": ("it cannot be opened", _ELSEWHERE),
    "SQLITE_BUSY": ("another process has kept it locked for too long", "lsof on that file shows which"),
}


@contextmanager
def refused(path: Path | None) -> Iterator[None]:
    """Raise what goes wrong with a journal's file as ``JournalError``."""
    try:
        yield
    except sqlite3.Error as error:
        raise _error(path, error) from error
    except OSError as error:
        message = f"the journal {path} cannot be used, so nothing was begun: {error.strerror or error}"
        raise JournalError(message, hint=_ELSEWHERE) from error


def _error(path: Path | None, error: sqlite3.Error) -> JournalError:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(_DAMAGED):
        message = f"the journal {path} is damaged: {error}; it was left as it is"
        hint = f"mv {path} {path}.damaged to begin a new one; sqlite3 {path}.damaged .recover shows what is left"
        return JournalError(message, hint=hint)
    found = next((text for code, text in _TEXTS.items() if name.startswith(code)), (str(error), _ELSEWHERE))
    return JournalError(f"the journal {path} cannot be used, so nothing was begun: {found[0]}", hint=found[1])
