"""A look at all that a configuration needs to work."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cloudkit.config import Config
from cloudkit.model.check import Check

__all__ = ["examine_all"]


def examine_all(config: Config) -> tuple[Check, ...]:
    """Look at all that a configuration needs: the cluster, where there is one, and what builds."""
    from cloudkit.engine.doctor import buildx_alone, examine

    if config.cluster is None:
        return _needed(examine(config), "engine")
    from cloudkit.backends.kubernetes.doctor import examine_cluster

    builders = (buildx_alone(config.docker_config),) if config.builder else examine(config.engine())
    return (*_needed(examine_cluster(config), "cluster", "namespace", "permissions"), *builders)


def _needed(checks: Iterable[Check], *names: str) -> tuple[Check, ...]:
    """Mark the checks of those names: without them next to nothing works."""
    return tuple(replace(one, needed=True) if one.name in names else one for one in checks)
