"""Say to a container what an API server cannot: variables, a folder, and a mark to find the command by; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cloudkit.errors import UsageError

__all__ = ["drained", "wrapped"]

_DRAIN = '"$@"; code=$?; cat > /dev/null 2>&1; exit $code'
_FOLDER = 'cd -- "$1" || exit 126; shift; exec "$@"'


def wrapped(command: Sequence[str], *, marking: str, env: Mapping[str, str], workdir: str | None) -> tuple[str, ...]:
    """Return a command under ``env``, which sets its variables and its mark, and for a folder under ``sh``.

    No part of the command is ever read by a shell: ``sh`` gets it as arguments.

    >>> wrapped(["ls", "-l"], marking="MARK=1", env={"A": "x y"}, workdir=None)
    ('env', 'MARK=1', 'A=x y', 'ls', '-l')
    >>> wrapped(["ls"], marking="MARK=1", env={}, workdir="/srv")[2:]
    ('cd -- "$1" || exit 126; shift; exec "$@"', 'sh', '/srv', 'env', 'MARK=1', 'ls')
    """
    if "=" in command[0]:
        raise UsageError(f"the command {command[0]!r} would be taken for a variable", hint="run it through sh -c")
    words = ("env", marking, *(f"{name}={value}" for name, value in env.items()), *command)
    return words if workdir is None else ("sh", "-c", _FOLDER, "sh", workdir, *words)


def drained(command: Sequence[str]) -> tuple[str, ...]:
    """Return a command under ``sh``, which reads what the command leaves of its input.

    A node whose command has ended with much of its input unread never says how it ended.

    >>> drained(["head", "-1"])[-3:]
    ('sh', 'head', '-1')
    """
    return ("sh", "-c", _DRAIN, "sh", *command)
