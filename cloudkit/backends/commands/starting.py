"""Tell from a runtime's words that a command could not be started, as a shell would by its exit code."""

from __future__ import annotations

__all__ = ["start_failure"]

_RUNTIME = "unable to start container process"
_CODES = (
    (127, ("executable file not found", "no such file or directory")),
    (126, ("permission denied", "exec format error", "is a directory")),
)


def start_failure(words: str) -> int | None:
    """Return a shell's exit code for a command that is none; None where the words tell of something else.

    >>> start_failure('unable to start container process: exec: "nope": executable file not found in $PATH')
    127
    """
    if _RUNTIME not in words:
        return None
    return next((code for code, marks in _CODES if any(each in words.lower() for each in marks)), None)
