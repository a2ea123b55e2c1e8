"""Hand secrets to a build by the environment of its process: never an argument, a file or a label."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from cloudkit.errors import NotFoundError, UsageError
from cloudkit.model.secret import Secret

__all__ = ["mask_for", "secret_options"]

_IDENTITY = re.compile(r"[A-Za-z0-9_.-]{1,128}\Z")
MASK_FROM = 4
"""Shorter values are no secrets, and masking them would tear every text apart."""
FILE_LIMIT = 64 << 10


def secret_options(secrets: Mapping[str, Secret | Path]) -> tuple[list[str], dict[str, str]]:
    """Return the options for buildx and the environment that holds the values.

    Raises:
        UsageError: A name that cannot be an id, or a value with NUL.
        NotFoundError: The file of a secret is not there.
    """
    options: list[str] = []
    environment: dict[str, str] = {}
    for number, (identity, source) in enumerate(secrets.items()):
        if not _IDENTITY.match(identity):
            raise UsageError(f"secret {identity[:80]!r}: allowed are letters, digits, '_', '.' and '-'")
        if isinstance(source, Secret):
            variable = f"CLOUDKIT_BUILD_SECRET_{number}"
            environment[variable] = _checked(identity, source.reveal())
            options.append(f"--secret=id={identity},env={variable}")
        else:
            options.append(f"--secret=id={identity},{_field(_file(identity, source))}")
    return options, environment


def _checked(identity: str, value: str) -> str:
    if "\0" in value:
        raise UsageError(f"secret {identity!r} holds a NUL character", hint="give it as a file")
    return value


def _file(identity: str, source: Path) -> str:
    path = source.expanduser().absolute()
    if not path.is_file():
        raise NotFoundError(f"secret {identity!r}: no file {path}")
    return f"src={path}"


def _field(text: str) -> str:
    """Quote one field of the comma-separated option."""
    return '"' + text.replace('"', '""') + '"' if re.search(r"[,\"\r\n]", text) else text


def mask_for(secrets: Mapping[str, Secret | Path]) -> Callable[[str], str]:
    """Return what takes the values of secrets out of a text, line by line, as a careless step may print them.

    >>> mask_for({"token": Secret("hunter2")})("login with hunter2")
    'login with ***'
    """
    values = {line for source in secrets.values() for line in _value(source).splitlines() if len(line) >= MASK_FROM}
    if not values:
        return str
    known = re.compile("|".join(re.escape(value) for value in sorted(values, key=len, reverse=True)))
    return lambda text: known.sub("***", text)


def _value(source: Secret | Path) -> str:
    if isinstance(source, Secret):
        return source.reveal()
    try:
        with source.expanduser().open("rb") as stream:
            return stream.read(FILE_LIMIT).decode(errors="replace")
    except OSError:
        return ""
