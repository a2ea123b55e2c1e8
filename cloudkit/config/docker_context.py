"""Read the contexts that the docker command keeps: which one is current, where it leads, with which certificates.

Source: https://docs.docker.com/engine/manage-resources/contexts/ and the store of docker/cli (``cli/context/store``):
``contexts/meta/<sha256 of the name>/meta.json`` and ``contexts/tls/<the same>/docker/{ca,cert,key}.pem``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cloudkit.config.endpoint import Endpoint, Tls
from cloudkit.errors import ConfigError

__all__ = ["DEFAULT", "context_names", "current_context", "read_context"]

DEFAULT = "default"


def current_context(folder: Path) -> str:
    """Return the context that ``docker context use`` chose; ``default`` when none."""
    file = folder / "config.json"
    settings = _read(file) if file.is_file() else {}
    return str(settings.get("currentContext") or DEFAULT)


def context_names(folder: Path) -> tuple[str, ...]:
    """Return the names of all contexts, ``default`` first."""
    names = [str(_read(file).get("Name", "")) for file in (folder / "contexts" / "meta").glob("*/meta.json")]
    return (DEFAULT, *sorted(name for name in names if name))


def read_context(folder: Path, name: str) -> Endpoint:
    """Return where a context leads.

    Raises:
        ConfigError: No such context, with the names of those that are there; or one that is broken.
    """
    from hashlib import sha256

    identity = sha256(name.encode()).hexdigest()
    file = folder / "contexts" / "meta" / identity / "meta.json"
    if not file.is_file():
        known = ", ".join(context_names(folder))
        raise ConfigError(f"context {name!r} is not known; known are: {known}", hint="docker context ls")
    docker: Mapping[str, Any] = _read(file).get("Endpoints", {}).get("docker") or {}
    host = docker.get("Host")
    if not isinstance(host, str) or not host:
        message = f"context {name!r} has no docker endpoint, says {file}"
        raise ConfigError(message, hint=f"docker context inspect {name}")
    tls = _tls(folder / "contexts" / "tls" / identity / "docker", verify=not docker.get("SkipTLSVerify", False))
    return Endpoint(host=host, context=name, tls=tls if host.startswith("tcp://") else None)


def _tls(folder: Path, *, verify: bool) -> Tls | None:
    """Return a context's certificates, None when it has none."""
    if not folder.is_dir():
        return None
    ca, cert, key = (path if (path := folder / f"{kind}.pem").is_file() else None for kind in ("ca", "cert", "key"))
    return Tls(ca=ca, cert=cert, key=key, verify=verify)


def _read(file: Path) -> dict[str, Any]:
    """Return the object in a JSON file."""
    import json

    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot read {file}: {error}", hint="mend or remove the file") from error
    if not isinstance(content, dict):
        raise ConfigError(f"cannot read {file}: it holds no JSON object", hint="mend or remove the file")
    return content
