"""What a cloud connects to, resolved once from arguments, environment, files and what is there."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from cloudkit.config.builder import Builder, find_builder
from cloudkit.config.choice import choose_backend
from cloudkit.config.cluster import Cluster, find_cluster
from cloudkit.config.endpoint import Endpoint
from cloudkit.config.engine import docker_folder, find_engine
from cloudkit.config.journal import find_journal, journal_shown
from cloudkit.config.layers import Found, Layers, first, layers_of
from cloudkit.config.source import Source, Sources
from cloudkit.errors import ConfigError, UsageError
from cloudkit.model.reference import Reference

__all__ = ["DEFAULT_BALANCER_IMAGE", "DEFAULT_NAMESPACE", "Config"]

DEFAULT_NAMESPACE = "cloudkit"
DEFAULT_BALANCER_IMAGE = ""
_NAMESPACE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a cloud connects to. ``resolve`` makes one; ``sources`` says where each value came from.

    Args:
        backend: Its kind: ``docker``, ``kubernetes`` or ``memory``.
        namespace: What keeps its apps apart from others on the same engine; on a cluster, the Kubernetes namespace.
        endpoint: The engine; None for a backend that has none.
        cluster: The cluster; None for a backend that has none.
        registry: Where images go that a cluster's nodes are to pull, such as ``localhost:5000``; empty for nowhere.
        builder: The BuildKit that builds images for a cluster; None where an engine does.
        host: The address of the engine that builds images for a cluster; empty for the one that docker finds.
        balancer_image: The image of the balancer in front of replicas: HAProxy 2.6 or newer with ``sh`` and ``socat``;
            one that is made from Debian's packages where empty.
        docker_config: The folder of docker's own configuration: credentials, contexts, plugins.
        journal: Where the journal is kept: a file, a Postgres URL, ``memory``, or ``off``; none where empty.
        sources: Each value with its origin.
    """

    backend: str = "docker"
    namespace: str = DEFAULT_NAMESPACE
    endpoint: Endpoint | None = None
    cluster: Cluster | None = None
    registry: str = ""
    builder: Builder | None = None
    host: str = ""
    balancer_image: str = DEFAULT_BALANCER_IMAGE
    docker_config: Path = field(default_factory=lambda: Path.home() / ".docker")
    journal: str = field(default="", repr=False)
    sources: Sources = field(default=Sources(()), compare=False, repr=False)

    @classmethod
    def resolve(
        cls,
        backend: str | None = None,
        *,
        context: str | None = None,
        host: str | None = None,
        namespace: str | None = None,
        registry: str | None = None,
        builder: str | None = None,
        balancer_image: str | None = None,
        journal: str | None = None,
        folder: Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Self:
        """Find each value: argument, ``CLOUDKIT_*``, project file, user file, docker's or kubectl's own ways, default.

        Args:
            backend: ``docker``, ``kubernetes`` or ``memory``.
            context: A docker context's name, or a kubeconfig's.
            host: An engine's address, in place of a context.
            namespace: The apps' namespace.
            registry: Where images go that a cluster's nodes are to pull, such as ``localhost:5000``.
            builder: The address of the BuildKit that builds images for a cluster, such as ``tcp://builder:1234``;
                ``kubernetes`` for one that cloudkit runs there.
            balancer_image: The image of the balancer; one that is made from Debian's packages where empty.
            journal: Where the journal is kept: a file, ``postgresql://host/name``, or ``off``.
            folder: Where to look for the project's file, upward; None is the current folder.
            environ: The environment; None is the process's, as it is now.

        Raises:
            ConfigError: A value is wrong, a context is not known, or a file is broken or not to be trusted.

        >>> config = Config.resolve(host="unix:///run/engine.sock", folder=Path("/"), environ={})
        >>> config.endpoint.host, config.sources["namespace"].origin
        ('unix:///run/engine.sock', 'default')
        """
        environ = os.environ if environ is None else environ
        given = {"backend": backend, "context": context, "host": host, "namespace": namespace, "registry": registry}
        given |= {"builder": builder, "balancer_image": balancer_image, "journal": journal}
        layers = layers_of(given, folder or Path.cwd(), environ)
        docker_config = docker_folder(environ)
        kind = choose_backend(layers, environ, docker_config)
        if kind[0] == "kubernetes":
            return cls._on_cluster(kind, layers, environ, docker_config)
        space = _checked_namespace(first(layers, "namespace") or (DEFAULT_NAMESPACE, "default"))
        balancer = first(layers, "balancer_image") or (DEFAULT_BALANCER_IMAGE, "default")
        rows = [_row("backend", kind), _row("namespace", space), _row("balancer_image", balancer)]
        endpoint = None
        if kind[0] == "docker":
            endpoint, origin = find_engine(layers, environ, docker_config)
            rows += [Source(name="context", value=endpoint.context, origin=origin)] if endpoint.context else []
            rows.append(Source(name="endpoint", value=str(endpoint), origin=origin))
        kept = find_journal(layers, environ, kind[0])
        rows.append(_row("journal", (journal_shown(kept[0]), kept[1])))
        return cls(
            backend=kind[0],
            namespace=space[0],
            endpoint=endpoint,
            balancer_image=balancer[0],
            docker_config=docker_config,
            journal=kept[0],
            sources=Sources(tuple(rows)),
        )

    @classmethod
    def _on_cluster(cls, kind: Found, layers: Layers, environ: Mapping[str, str], docker_config: Path) -> Self:
        cluster, origin = find_cluster(first(layers, "context"), environ)
        named = f"context {cluster.context}" if cluster.context else "the pod's service account"
        space = _checked_namespace(first(layers, "namespace") or (cluster.namespace, named))
        registry = _checked_registry(first(layers, "registry") or ("", "default"))
        builder = find_builder(layers)
        host = first(layers, "host") or ("", "default")
        rows = [_row("backend", kind), _row("namespace", space)]
        rows += [Source(name="context", value=cluster.context, origin=origin)] if cluster.context else []
        rows += [Source(name="endpoint", value=cluster.server, origin=origin), _row("registry", registry)]
        rows += [Source(name="builder", value=builder[0].address, origin=builder[1])] if builder else []
        kept = find_journal(layers, environ, kind[0])
        rows.append(_row("journal", (journal_shown(kept[0]), kept[1])))
        return cls(
            backend=kind[0],
            namespace=space[0],
            cluster=cluster,
            registry=registry[0],
            builder=builder[0] if builder else None,
            host=host[0],
            docker_config=docker_config,
            journal=kept[0],
            sources=Sources(tuple(rows)),
        )

    def engine(self, environ: Mapping[str, str] | None = None) -> Self:
        """Return the configuration of the engine that builds images: its own, or beside a cluster the one docker finds.

        Args:
            environ: The environment; None is the process's, as it is now.

        Raises:
            ConfigError: Docker's own configuration names a context that is not known.
        """
        if self.backend != "kubernetes":
            return self
        layers = [{"host": (self.host, "host")}] if self.host else []
        endpoint, _ = find_engine(layers, os.environ if environ is None else environ, self.docker_config)
        return replace(self, backend="docker", endpoint=endpoint, cluster=None)


def _row(name: str, found: Found) -> Source:
    return Source(name=name, value=found[0], origin=found[1])


def _checked_namespace(found: Found) -> Found:
    if not _NAMESPACE.match(found[0]):
        message = (
            f"namespace is {found[0][:80]!r} ({found[1]}); allowed are up to 63 lower-case letters, digits and '-'"
        )
        raise ConfigError(message)
    return found


def _checked_registry(found: Found) -> Found:
    """Return a registry's host, or a folder of it, as references begin with it."""
    registry = found[0]
    if not registry:
        return found
    try:
        reference = Reference.parse(f"{registry}/x")
    except UsageError:
        reference = None
    if reference is None or reference.repository != f"{registry}/x":
        message = (
            f"registry is {registry[:80]!r} ({found[1]}); it is a host, with a port and a folder where it has them"
        )
        raise ConfigError(message, hint="registry = 'localhost:5000'")
    return found
