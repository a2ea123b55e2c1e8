"""List all workloads of a namespace: each that nothing listed has made is a row, and tells of its pods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from cloudkit.backends.kubernetes.labels import MANAGED_BY, OWNER
from cloudkit.backends.kubernetes.manifests.cron import NEVER
from cloudkit.backends.kubernetes.objects import Metadata, Pod
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.watching import Kept
from cloudkit.backends.kubernetes.workloads.describe import describe, describe_pod
from cloudkit.backends.kubernetes.workloads.objects import KINDS, Running
from cloudkit.backends.kubernetes.workloads.owners import controller_of
from cloudkit.errors import AccessError
from cloudkit.model.progress import Listener, Phase, Progress

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.model.workload import Workload

__all__ = ["list_workloads", "rows_of"]

K = TypeVar("K", bound=Kept)


def list_workloads(client: Client, listener: Listener) -> tuple[Workload, ...]:
    """Return what runs in a namespace, by kind and name.

    Args:
        client: A connection to the API server.
        listener: Hears of each kind that one may not list; it is left out.
    """
    with ThreadPoolExecutor(len(KINDS) + 1) as pool:
        asked = {name: pool.submit(_listed, client, name, Running) for name in KINDS}
        pods = pool.submit(_listed, client, "pods", Pod)
    found = {name: _allowed(name, answer, listener) for name, answer in asked.items()}
    return rows_of(found, _allowed("pods", pods, listener), now=datetime.now(UTC))


def rows_of(found: Mapping[str, tuple[Running, ...]], pods: tuple[Pod, ...], *, now: datetime) -> tuple[Workload, ...]:
    """Return a row for each object that none of the others has made.

    Args:
        found: What makes pods, by collection.
        pods: All pods.
        now: When all this was seen.
    """
    found = {resource: tuple(one for one in items if not _is_template(one)) for resource, items in found.items()}
    makers = {one.metadata.uid: one.metadata for items in found.values() for one in items}
    made: dict[str, list[Pod]] = defaultdict(list)
    for pod in pods:
        made[_root(pod.metadata, makers)].append(pod)
    rows = [
        describe(KINDS[resource], one, made[one.metadata.uid], now=now)
        for resource, items in found.items()
        for one in items
        if _root(one.metadata, makers) == one.metadata.uid
    ]
    rows += [describe_pod(pod, now=now) for pod in pods if _root(pod.metadata, makers) == pod.metadata.uid]
    return tuple(sorted(rows, key=lambda row: (row.kind, row.name)))


def _is_template(one: Running) -> bool:
    """Tell whether an object is only what a job of ours is made from, which is a row itself."""
    return one.spec.schedule == NEVER and one.metadata.labels.get(MANAGED_BY) == OWNER


def _root(metadata: Metadata, makers: Mapping[str, Metadata]) -> str:
    """Return the uid of what has made an object in the end, as far as that is listed."""
    while (controller := controller_of(metadata)) and controller.uid in makers:
        metadata = makers[controller.uid]
    return metadata.uid


def _listed(client: Client, resource: str, kind: type[K]) -> tuple[K, ...]:
    return client.list(object_path(resource, client.namespace), kind).items


def _allowed(resource: str, answer: Future[tuple[K, ...]], listener: Listener) -> tuple[K, ...]:
    try:
        return answer.result()
    except AccessError as error:
        message = f"left out, as they may not be listed: {error.summary}"
        listener(Progress(phase=Phase.NOTICE, item=resource, message=message, done=True))
        return ()
