"""Where the journal is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from cloudkit.config.layers import Found, Layers, first
from cloudkit.errors import ConfigError

__all__ = ["IN_MEMORY", "OFF", "POSTGRES", "find_journal", "journal_shown"]

OFF, IN_MEMORY = "off", "memory"
POSTGRES = ("postgresql://", "postgres://")
_PASSWORD = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]*@|(?<=[?&])(password|sslpassword)=[^&]*")


def find_journal(layers: Layers, environ: Mapping[str, str], backend: str) -> Found:
    """Return where the journal is kept and what says so: ``off``, ``memory``, a Postgres URL, or a file.

    A twin lives as long as its process, and so does its journal, unless an argument says otherwise.

    Raises:
        ConfigError: It is the address of something else.

    >>> find_journal([{}], {"HOME": "/home/ann"}, "docker")
    ('/home/ann/.local/state/cloudkit/journal.sqlite', 'default')
    """
    found = first(layers[:1] if backend == "memory" else layers, "journal")
    if found is None:
        return (IN_MEMORY if backend == "memory" else str(_default(environ))), "default"
    value, origin = found
    if value in {OFF, IN_MEMORY} or value.startswith(POSTGRES):
        return found
    if not value or "\0" in value or "://" in value:
        message = f"journal is {journal_shown(value)[:80]!r} ({origin}); it is a file, postgresql://host/name, or off"
        raise ConfigError(message, hint="journal = 'off'")
    return str(Path(value).expanduser().absolute()), origin


def journal_shown(value: str) -> str:
    """Return where the journal is, without a password.

    >>> journal_shown("postgresql://ann:hunter2@db/team")
    'postgresql://ann:***@db/team'
    """
    return _PASSWORD.sub(lambda match: f"{match[1] or ''}:***@" if match[2] is None else f"{match[2]}=***", value)


def _default(environ: Mapping[str, str]) -> Path:
    """Return the file in the user's state folder, by the XDG base directories."""
    base = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME") or Path.home()) / ".local" / "state")
    return Path(base) / "cloudkit" / "journal.sqlite"
