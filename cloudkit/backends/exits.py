"""What an exit code says, in words."""

from __future__ import annotations

import signal

__all__ = ["exit_words"]

_KNOWN = {
    0: "ended well",
    125: "the engine could not start it",
    126: "the command is not executable",
    127: "the command was not found",
}
_DEATHS = {
    signal.SIGABRT: "aborted itself",
    signal.SIGSEGV: "broke a memory bound",
    signal.SIGKILL: "was killed",
    signal.SIGTERM: "was asked to stop",
    signal.SIGINT: "was interrupted",
}


def exit_words(code: int) -> str:
    """Say what an exit code means; above 128 it is the signal that ended the process.

    >>> exit_words(137), exit_words(127), exit_words(3)
    ('137 (was killed, SIGKILL)', '127 (the command was not found)', '3')
    """
    if code in _KNOWN:
        return f"{code} ({_KNOWN[code]})"
    try:
        number = signal.Signals(code - 128)
    except ValueError:
        return str(code)
    return f"{code} ({_DEATHS.get(number, 'ended by a signal')}, {number.name})"
