"""What each running pod uses, as metrics-server last measured it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from cloudkit.backends.kubernetes.appcontainer import app_container, app_status, container_name
from cloudkit.backends.kubernetes.labels import app_selector
from cloudkit.backends.kubernetes.objects import Metadata, Pod
from cloudkit.backends.kubernetes.operations.logs import pods_of
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.refusal import refusal_of
from cloudkit.errors import BackendError, NotFoundError, UnsupportedError
from cloudkit.model.quantity import quantity
from cloudkit.model.task import Usage

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["Measured", "MeasuredContainer", "read_stats", "usage"]

_INSTALL = "kubectl apply -f https://github.com/kubernetes-sigs/metrics-server/releases/latest/download/components.yaml"


class MeasuredContainer(msgspec.Struct, frozen=True):
    """What one container used."""

    name: str
    usage: Mapping[str, str] = {}


class Measured(msgspec.Struct, frozen=True):
    """What one pod used."""

    metadata: Metadata
    timestamp: datetime | None = None
    containers: tuple[MeasuredContainer, ...] = ()


def read_stats(client: Client, app: str) -> tuple[Usage, ...]:
    """Return what an app's running pods use; one that is too young to have been measured is left out.

    metrics-server measures processor and memory every 15 seconds; of the network and of processes it says nothing.

    Raises:
        UnsupportedError: The cluster has no metrics-server, or it does not answer.
    """
    try:
        path = object_path("podmetrics", client.namespace)
        measured = client.list(path, Measured, labels=app_selector(app)).items
    except (NotFoundError, BackendError) as error:
        if not _is_absent(error):
            raise
        message = "the cluster does not measure its pods: metrics-server is not installed, or does not answer"
        raise UnsupportedError(message, capability="stats", hint=_INSTALL) from error
    found = {one.metadata.name: one for one in measured}
    usages = (usage(pod, found.get(pod.metadata.name)) for pod in pods_of(client, app))
    return tuple(one for one in usages if one is not None)


def _is_absent(error: NotFoundError | BackendError) -> bool:
    refusal = refusal_of(error)
    return refusal is not None and refusal.status in {404, 503}


def usage(pod: Pod, measured: Measured | None) -> Usage | None:
    """Make a usage of what was measured; None for a pod that does not run or was not measured yet. Pure."""
    status = app_status(pod)
    if measured is None or status is None or status.state.running is None:
        return None
    used = next((one.usage for one in measured.containers if one.name == container_name(pod)), None)
    if used is None:
        return None
    return Usage(
        replica=pod.metadata.name,
        cpu=float(quantity("cpu", used.get("cpu", "0"))),
        memory=int(quantity("memory", used.get("memory", "0"))),
        memory_limit=_memory_limit(pod),
        received=None,
        sent=None,
        pids=None,
        observed_at=measured.timestamp or datetime.now(UTC),
    )


def _memory_limit(pod: Pod) -> int | None:
    container = app_container(pod)
    limits: Mapping[str, str] = (container.resources.get("limits") or {}) if container is not None else {}
    return int(quantity("memory", limits["memory"])) if "memory" in limits else None
