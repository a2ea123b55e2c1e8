"""The cluster that a test is given: the test bed's, or any other, by two variables of the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Given", "given"]


@dataclass(frozen=True)
class Given:
    """A cluster to test on."""

    kubeconfig: Path
    registry: str
    """The domain of a registry without accounts, in references: the engine pushes to it, the nodes pull from it."""

    def connected(self) -> Any:
        """Return the Kubernetes project's own ApiClient; close it."""
        from kubernetes import config

        connect: Any = config.new_client_from_config  # which has no types
        return connect(str(self.kubeconfig))


def given() -> Given | str:
    """Return the cluster that the environment names when it answers, else the reason why there is none."""
    path, registry = os.environ.get("CLOUDKIT_TEST_KUBECONFIG"), os.environ.get("CLOUDKIT_TEST_REGISTRY")
    if not path:
        return "no cluster: set CLOUDKIT_TEST_KUBECONFIG, or run under: python -m testbed cluster run --"
    if not registry:
        return "CLOUDKIT_TEST_REGISTRY is not set: the domain of a registry that the cluster's nodes pull from"
    found = Given(Path(path), registry)
    try:
        ask_version(found)
    except Exception as error:  # noqa: BLE001  # whatever it is, the reason is told
        return f"no cluster answers by {path}: {error}"
    return found


def ask_version(cluster: Given) -> None:
    """Ask a cluster for its version, with little patience."""
    from kubernetes import client

    with cluster.connected() as api:
        client.VersionApi(api).get_code(_request_timeout=10)
