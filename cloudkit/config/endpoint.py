"""Where an engine is, and how one reaches it."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cloudkit.errors import ConfigError

__all__ = ["Endpoint", "Tls", "check_address", "default_endpoint", "default_sockets", "tls_from"]

_ADDRESS = re.compile(r"(?:unix|tcp|ssh|http|https)://\S+\Z")
_CREDENTIALS = re.compile(r"(?<=://)([^/\s:@]*):[^/\s@]*@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The certificates of a TLS connection.

    Args:
        ca: Whom to trust; None is the machine's own store.
        cert: The client's certificate.
        key: The client's key.
        verify: False trusts anyone.
    """

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    verify: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An engine's address.

    Args:
        host: As ``DOCKER_HOST`` has it: ``unix:///var/run/docker.sock``, ``tcp://host:2376``, ``ssh://user@host``.
        context: The docker context that says so; None when none does.
        tls: The certificates; None speaks plainly.
        tried: All the addresses that were looked at, when none was given.

    >>> str(Endpoint(host="ssh://me:hunter2@far.example"))
    'ssh://me@far.example'
    """

    host: str
    context: str | None = None
    tls: Tls | None = None
    tried: tuple[str, ...] = ()

    def __str__(self) -> str:
        return _CREDENTIALS.sub(r"\1@", self.host)


def check_address(host: str, origin: str) -> str:
    """Return an engine's address as it was given; raise ``ConfigError`` when it is none."""
    if not _ADDRESS.match(host):
        shown = _CREDENTIALS.sub(r"\1@", host[:200])
        message = f"{origin} is {shown!r}; an engine's address is unix:///path, tcp://host:port or ssh://user@host"
        raise ConfigError(message, hint="unix:///var/run/docker.sock")
    return host


def default_sockets(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return where engines listen when nobody says otherwise, the most usual first."""
    run = environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    home = environ.get("HOME") or str(Path.home())
    return (
        "/var/run/docker.sock",
        f"{run}/docker.sock",
        f"{home}/.docker/run/docker.sock",
        f"{run}/podman/podman.sock",
        "/run/podman/podman.sock",
    )


def default_endpoint(environ: Mapping[str, str]) -> Endpoint:
    """Return the first default socket that is there; the first of all when none is."""
    sockets = default_sockets(environ)
    found = next((path for path in sockets if _is_socket(path)), None)
    if found is None:
        return Endpoint(host=f"unix://{sockets[0]}", tried=sockets)
    return Endpoint(host=f"unix://{found}")


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(Path(path).stat().st_mode)
    except OSError:
        return False


def tls_from(environ: Mapping[str, str], folder: Path) -> Tls | None:
    """Return the certificates that ``DOCKER_TLS_VERIFY``, ``DOCKER_TLS`` and ``DOCKER_CERT_PATH`` name, None without.

    Source: https://docs.docker.com/engine/security/protect-access/
    """
    verify = bool(environ.get("DOCKER_TLS_VERIFY"))
    if not verify and not environ.get("DOCKER_TLS"):
        return None
    certificates = Path(environ.get("DOCKER_CERT_PATH") or folder)
    found = {kind: path for kind in ("ca", "cert", "key") if (path := certificates / f"{kind}.pem").is_file()}
    return Tls(ca=found.get("ca"), cert=found.get("cert"), key=found.get("key"), verify=verify)
