"""Which engine is meant: cloudkit's own settings first, then docker's own ways."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cloudkit.config.docker_context import DEFAULT, current_context, read_context
from cloudkit.config.endpoint import Endpoint, Tls, check_address, default_endpoint, tls_from
from cloudkit.config.layers import Layers
from cloudkit.errors import ConfigError

__all__ = ["docker_folder", "find_engine"]


def docker_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of docker's own configuration."""
    return Path(environ.get("DOCKER_CONFIG") or Path(environ.get("HOME") or Path.home()) / ".docker")


def find_engine(layers: Layers, environ: Mapping[str, str], folder: Path) -> tuple[Endpoint, str]:
    """Return the engine and what named it.

    Raises:
        ConfigError: Both a host and a context are given, or the context is not known.
    """
    for layer in layers:
        if "host" in layer and "context" in layer:
            raise ConfigError(f"both a host and a context are given ({layer['host'][1]}); one of them names the engine")
        if "host" in layer:
            host, origin = layer["host"]
            return Endpoint(host=check_address(host, origin), tls=_tls_for(host, environ, folder)), origin
        if "context" in layer:
            return _from_context(*layer["context"], environ, folder)
    if environ.get("DOCKER_HOST"):
        host = check_address(environ["DOCKER_HOST"], "DOCKER_HOST")
        return Endpoint(host=host, tls=_tls_for(host, environ, folder)), "DOCKER_HOST"
    if environ.get("DOCKER_CONTEXT"):
        return _from_context(environ["DOCKER_CONTEXT"], "DOCKER_CONTEXT", environ, folder)
    current = current_context(folder)
    if current != DEFAULT:
        return _from_context(current, f"current context in {folder / 'config.json'}", environ, folder)
    return default_endpoint(environ), "default sockets"


def _from_context(name: str, origin: str, environ: Mapping[str, str], folder: Path) -> tuple[Endpoint, str]:
    if name == DEFAULT:
        return default_endpoint(environ), origin
    return read_context(folder, name), origin


def _tls_for(host: str, environ: Mapping[str, str], folder: Path) -> Tls | None:
    return tls_from(environ, folder) if host.startswith(("tcp://", "https://")) else None
