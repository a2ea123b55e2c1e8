"""Which backend is meant when nobody says so."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cloudkit.config.cluster import ACCOUNT, is_inside, known_contexts
from cloudkit.config.docker_context import context_names
from cloudkit.config.layers import Found, Layers, first
from cloudkit.errors import ConfigError

__all__ = ["BACKENDS", "choose_backend"]

BACKENDS = ("docker", "kubernetes", "memory")
_ENGINE = ("DOCKER_HOST", "DOCKER_CONTEXT")


def choose_backend(layers: Layers, environ: Mapping[str, str], docker_config: Path, account: Path = ACCOUNT) -> Found:
    """Return the backend and why: what a setting says, what a context means, the pod's own cluster, docker.

    A kubeconfig that lies there chooses nothing: who has both an engine and a cluster works on the engine until told.

    Raises:
        ConfigError: The setting is no backend, or neither docker nor kubectl knows the context.
    """
    said = first(layers, "backend")
    if said:
        return _checked(said)
    for layer in layers:
        if "host" in layer:
            return "docker", "default"
        if "context" in layer:
            return _of_context(layer["context"], environ, docker_config)
    if not any(environ.get(name) for name in _ENGINE) and is_inside(environ, account):
        return "kubernetes", "in-cluster"
    return "docker", "default"


def _of_context(context: Found, environ: Mapping[str, str], docker_config: Path) -> Found:
    """Return the backend whose context it is; docker's where both know it."""
    name, origin = context
    engines = context_names(docker_config)
    if name in engines:
        return "docker", "default"
    clusters = known_contexts(environ)
    if name in clusters:
        return "kubernetes", f"context {name} ({origin})"
    if not clusters:
        return "docker", "default"  # which says that it does not know it, and what it knows
    message = f"context {name!r} is not known; docker knows: {', '.join(engines)}; kubectl knows: {', '.join(clusters)}"
    raise ConfigError(message, hint="docker context ls; kubectl config get-contexts")


def _checked(found: Found) -> Found:
    if found[0] not in BACKENDS:
        raise ConfigError(f"backend is {found[0][:80]!r} ({found[1]}); known are: {', '.join(BACKENDS)}")
    return found
