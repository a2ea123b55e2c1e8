"""Configuration files: the project's ``cloudkit.toml`` and the user's own. They hold values, never code or commands."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from cloudkit.errors import ConfigError

__all__ = ["PROJECT_FILE", "SETTINGS", "project_file", "project_files", "read_settings", "user_file"]

PROJECT_FILE = "cloudkit.toml"
SETTINGS = (
    "backend",
    "context",
    "host",
    "namespace",
    "registry",
    "builder",
    "builder_tls",
    "builder_image",
    "balancer_image",
    "journal",
)
DECLARED = ("name", "apps")
"""What a file may hold besides: the apps that it declares."""
SIZE_LIMIT = 1 << 20


def project_file(folder: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the project's file: the one that ``CLOUDKIT_CONFIG`` names, else the first upward from a folder.

    Raises:
        ConfigError: Somebody else could have written it. One that ``CLOUDKIT_CONFIG`` names is trusted.
    """
    named = environ.get("CLOUDKIT_CONFIG")
    if named is not None:
        return _named(named) if named else None
    found = next((path for above in _upward(folder) if (path := above / PROJECT_FILE).is_file()), None)
    if found:
        _refuse_foreign(found, environ)
    return found


def project_files(folder: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return where the project's file is or would be."""
    named = environ.get("CLOUDKIT_CONFIG")
    if named is not None:
        return (Path(named).expanduser(),) if named else ()
    return tuple(above / PROJECT_FILE for above in _upward(folder))


def _named(name: str) -> Path:
    path = Path(name).expanduser()
    if not path.is_file():
        raise ConfigError(f"CLOUDKIT_CONFIG names {name!r}, which is no file", hint="unset CLOUDKIT_CONFIG")
    return path


def _upward(folder: Path) -> Iterator[Path]:
    resolved = folder.resolve()
    yield resolved
    yield from resolved.parents


def _refuse_foreign(file: Path, environ: Mapping[str, str]) -> None:
    """Refuse a file that another user owns, could change or could put in its place."""
    trusted = {os.geteuid(), 0}
    if os.geteuid() == 0 and environ.get("SUDO_UID", "").isdigit():
        trusted.add(int(environ["SUDO_UID"]))
    for path in (file, file.parent):
        status = path.stat()
        if status.st_uid not in trusted:
            _refuse(file, f"{path} belongs to {_user(status.st_uid)}")
    if file.stat().st_mode & stat.S_IWOTH:
        _refuse(file, "anyone may write to it")


def _refuse(file: Path, why: str) -> None:
    hint = f"CLOUDKIT_CONFIG={file} to trust it, CLOUDKIT_CONFIG= for none"
    raise ConfigError(f"{file} is not read: {why}", hint=hint)


def _user(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def user_file(environ: Mapping[str, str]) -> Path:
    """Return where the user's own file is or would be, by the XDG base directories."""
    base = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME") or Path.home()) / ".config")
    return Path(base) / "cloudkit" / "config.toml"


def read_settings(file: Path) -> dict[str, str]:
    """Return the settings of a file.

    Raises:
        ConfigError: It is no TOML, or has a setting that is not known or is no text.
    """
    import tomllib

    try:
        with file.open("rb") as stream:
            content = tomllib.loads(stream.read(SIZE_LIMIT).decode())
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot read {file}: {error}", hint="mend or remove the file") from error
    settings = {name: value for name, value in content.items() if name not in DECLARED}
    for name, value in settings.items():
        _check(file, name, value)
    return settings


def _check(file: Path, name: str, value: object) -> None:
    if name not in SETTINGS:
        import difflib

        close = difflib.get_close_matches(name, SETTINGS, n=1)
        message = f"{file} has the setting {name[:80]!r}, which is not known; known are: {', '.join(SETTINGS)}"
        raise ConfigError(message, hint=f"{close[0]} = ..." if close else "")
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{name} in {file} is no text; write it as {name} = '...'")
