"""Reach a cluster as kubectl does, or say why not."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from cloudkit.config import Cluster, Config
from cloudkit.errors import ConfigError

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["connect"]


def connect(config: Config) -> Client:
    """Return a client of the cluster that a configuration names. It reads the credentials, and asks the server nothing.

    Raises:
        ConfigError: The configuration names no cluster, the kubeconfig is wrong, or the library is not installed.
        AccessError: A credential plugin failed.
    """
    cluster = config.cluster
    if cluster is None:
        raise ConfigError(f"the backend {config.backend!r} has no cluster", hint='Cloud("kubernetes")')
    try:
        return _client(cluster, config.namespace)
    except ImportError as error:
        hint = "pip install 'cloudkit-sdk[kubernetes]'"
        raise ConfigError(f"Kubernetes is not installed: no module {error.name}", hint=hint) from error


def _client(cluster: Cluster, namespace: str) -> Client:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.backends.kubernetes.connection import Connection
    from cloudkit.backends.kubernetes.credentials import unlock

    connection = Connection(cluster, partial(unlock, cluster), time.time)
    connection.door()
    return Client(connection, namespace=namespace)
