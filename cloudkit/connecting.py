"""From what a user says to the backend that is meant."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cloudkit.backends.protocol import Backend
from cloudkit.config import Config
from cloudkit.config.journal import find_journal
from cloudkit.config.layers import layers_of
from cloudkit.errors import UnsupportedError
from cloudkit.journal.recorder import Recorder
from cloudkit.model.caller import Caller
from cloudkit.model.progress import Listener

if TYPE_CHECKING:
    from cloudkit.journal.store import Store

__all__ = ["configured", "connect", "recording", "remove_builder"]


def configured(
    backend: str | Backend | None,
    context: str | None,
    namespace: str | None,
    registry: str | None,
    builder: str | None,
    *,
    journal: str | None,
) -> Config:
    """Find what to connect to; a cluster that is connected to already needs no kubeconfig."""
    kind = backend if backend is None or isinstance(backend, str) else backend.name
    if kind == "kubernetes" and backend is not None and not isinstance(backend, str):
        kept, _ = find_journal(layers_of({"journal": journal}, Path.cwd(), os.environ), os.environ, kind)
        return Config(backend=kind, namespace=backend.namespace, registry=registry or "", journal=kept)
    return Config.resolve(
        kind, context=context, namespace=namespace, registry=registry, builder=builder, journal=journal
    )


def connect(config: Config) -> Backend:
    """Connect to what a configuration says; the libraries for it are loaded now."""
    if config.backend == "memory":
        from cloudkit.backends.memory import MemoryBackend

        return MemoryBackend(namespace=config.namespace)
    if config.backend == "kubernetes":
        return _cluster(config)
    from cloudkit.backends.docker.backend import DockerBackend
    from cloudkit.engine.connect import connect as connect_engine

    return DockerBackend(connect_engine(config), namespace=config.namespace, balancer_image=config.balancer_image)


def _cluster(config: Config) -> Backend:
    from cloudkit.backends.kubernetes.connect import connect as connect_client

    client = connect_client(config)  # says what is missing where the libraries are not installed
    from cloudkit.backends.kubernetes.backend import KubernetesBackend
    from cloudkit.engine.connect import connect as connect_engine

    return KubernetesBackend(
        client, connect=lambda: connect_engine(config.engine()), registry=config.registry, builder=config.builder
    )


def remove_builder(backend: Backend) -> None:
    """Remove the BuildKit that cloudkit has made in a cluster; refuse where the backend is none."""
    if backend.name == "kubernetes":
        from cloudkit.backends.kubernetes.backend import KubernetesBackend
        from cloudkit.backends.kubernetes.buildkit import remove_builder as remove

        if isinstance(backend, KubernetesBackend):
            return remove(backend.client)
    message = f"the backend {backend.name} has no builder of its own: an engine builds"
    raise UnsupportedError(message, capability="builder", hint="docker builder prune")


def recording(config: Config, caller: Caller | None, listener: Listener) -> Recorder:
    """Return what notes a cloud's operations; the journal is opened with the first one."""

    def store_of(backend: Backend) -> Store | None:
        from cloudkit.journal.opening import store_for

        return store_for(config.journal, backend)

    return Recorder(store_of=store_of, caller=caller or Caller(), listener=listener)
