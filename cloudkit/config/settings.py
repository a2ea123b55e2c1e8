"""What a cloud connects to, resolved once from arguments, environment, files and what is there."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cloudkit.config.docker_context import DEFAULT, current_context, read_context
from cloudkit.config.endpoint import Endpoint, Tls, check_address, default_endpoint, tls_from
from cloudkit.config.file import SETTINGS, project_file, read_settings, user_file
from cloudkit.config.source import Source, Sources
from cloudkit.errors import ConfigError

__all__ = ["BACKENDS", "DEFAULT_BALANCER_IMAGE", "DEFAULT_NAMESPACE", "Config"]

BACKENDS = ("docker", "memory")
DEFAULT_NAMESPACE = "cloudkit"
DEFAULT_BALANCER_IMAGE = ""
_NAMESPACE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")

Found = tuple[str, str]
"""A value and its origin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a cloud connects to. ``resolve`` makes one; ``sources`` says where each value came from.

    Args:
        backend: Its kind: ``docker`` or ``memory``.
        namespace: What keeps its apps apart from others on the same engine.
        endpoint: The engine; None for a backend that has none.
        balancer_image: The image of the balancer in front of replicas: HAProxy 2.6 or newer with ``sh`` and ``socat``;
            one that is made from Debian's packages where empty.
        docker_config: The folder of docker's own configuration: credentials, contexts, plugins.
        sources: Each value with its origin.
    """

    backend: str = "docker"
    namespace: str = DEFAULT_NAMESPACE
    endpoint: Endpoint | None = None
    balancer_image: str = DEFAULT_BALANCER_IMAGE
    docker_config: Path = field(default_factory=lambda: Path.home() / ".docker")
    sources: Sources = field(default=Sources(()), compare=False, repr=False)

    @classmethod
    def resolve(
        cls,
        backend: str | None = None,
        *,
        context: str | None = None,
        host: str | None = None,
        namespace: str | None = None,
        balancer_image: str | None = None,
        folder: Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Self:
        """Find each value: argument, ``CLOUDKIT_*``, project file, user file, docker's own ways, default.

        Args:
            backend: ``docker`` or ``memory``.
            context: A docker context's name.
            host: An engine's address, in place of a context.
            namespace: The apps' namespace.
            balancer_image: The image of the balancer; one that is made from Debian's packages where empty.
            folder: Where to look for the project's file, upward; None is the current folder.
            environ: The environment; None is the process's, as it is now.

        Raises:
            ConfigError: A value is wrong, a context is not known, or a file is broken or not to be trusted.

        >>> config = Config.resolve(host="unix:///run/engine.sock", folder=Path("/"), environ={})
        >>> config.endpoint.host, config.sources["namespace"].origin
        ('unix:///run/engine.sock', 'default')
        """
        environ = os.environ if environ is None else environ
        given = {"backend": backend, "context": context, "host": host, "namespace": namespace}
        layers = _layers(given | {"balancer_image": balancer_image}, folder or Path.cwd(), environ)
        docker_config = Path(environ.get("DOCKER_CONFIG") or Path(environ.get("HOME") or Path.home()) / ".docker")
        kind = _checked_backend(_first(layers, "backend") or ("docker", "default"))
        space = _checked_namespace(_first(layers, "namespace") or (DEFAULT_NAMESPACE, "default"))
        balancer = _first(layers, "balancer_image") or (DEFAULT_BALANCER_IMAGE, "default")
        rows = [_row("backend", kind), _row("namespace", space), _row("balancer_image", balancer)]
        endpoint = None
        if kind[0] == "docker":
            endpoint, origin = _endpoint(layers, environ, docker_config)
            rows += [Source(name="context", value=endpoint.context, origin=origin)] if endpoint.context else []
            rows.append(Source(name="endpoint", value=str(endpoint), origin=origin))
        return cls(
            backend=kind[0],
            namespace=space[0],
            endpoint=endpoint,
            balancer_image=balancer[0],
            docker_config=docker_config,
            sources=Sources(tuple(rows)),
        )


def _layers(given: Mapping[str, str | None], folder: Path, environ: Mapping[str, str]) -> list[dict[str, Found]]:
    """Return where values are looked for, the strongest first, each value with its origin."""
    layers = [{name: (value, "argument") for name, value in given.items() if value is not None}]
    variables = {name: f"CLOUDKIT_{name.upper()}" for name in SETTINGS}
    layers.append({name: (environ[key], key) for name, key in variables.items() if environ.get(key)})
    own = user_file(environ)
    files = (project_file(folder, environ), own if own.is_file() else None)
    layers += [{name: (value, str(file)) for name, value in read_settings(file).items()} for file in files if file]
    return layers


def _first(layers: list[dict[str, Found]], name: str) -> Found | None:
    return next((layer[name] for layer in layers if name in layer), None)


def _endpoint(layers: list[dict[str, Found]], environ: Mapping[str, str], folder: Path) -> tuple[Endpoint, str]:
    """Return the engine and what named it: cloudkit's own settings first, then docker's own ways."""
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


def _row(name: str, found: Found) -> Source:
    return Source(name=name, value=found[0], origin=found[1])


def _checked_backend(found: Found) -> Found:
    if found[0] not in BACKENDS:
        raise ConfigError(f"backend is {found[0][:80]!r} ({found[1]}); known are: {', '.join(BACKENDS)}")
    return found


def _checked_namespace(found: Found) -> Found:
    if not _NAMESPACE.match(found[0]):
        message = (
            f"namespace is {found[0][:80]!r} ({found[1]}); allowed are up to 63 lower-case letters, digits and '-'"
        )
        raise ConfigError(message)
    return found
