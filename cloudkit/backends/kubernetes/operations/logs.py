"""The lines of all pods of an app, merged by time."""

from __future__ import annotations

import heapq
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.finding import find_owner
from cloudkit.backends.kubernetes.labels import app_selector
from cloudkit.backends.kubernetes.objects import Pod
from cloudkit.backends.kubernetes.operations.follow import PodReader
from cloudkit.backends.kubernetes.operations.pod_log import GRAIN, recorded, target_of
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.replicalogs.follow import Follow
from cloudkit.backends.replicalogs.position import Position
from cloudkit.backends.replicalogs.targets import Target, chosen
from cloudkit.errors import NotFoundError
from cloudkit.model.log import LogLine, LogQuery

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["pods_of", "read_logs"]


def read_logs(client: Client, app: str, query: LogQuery) -> Generator[LogLine, None, None]:
    """Yield what an app's pods printed: each one's lines in their order, all of them by time.

    ``tail`` counts for each pod that is there at the beginning. While following, new pods join and removed ones leave;
    the following ends with the app. A node does not say which stream a line was printed on: each is of ``stdout``.
    Closing the iterator ends all that it opened.

    Raises:
        NotFoundError: There is no pod of the name that the query gives.
        AccessError: The credentials do not allow to read logs.
        BackendError: The cluster failed or does not answer.
    """
    pods = pods_of(client, app)
    targets = chosen([target_of(pod) for pod in pods], query)
    if query.follow:
        follow = Follow(
            lambda: chosen(_present(client, app), query, missing_ok=True),
            lambda target, position, merge: PodReader(client, target, position, merge),
            query,
            grain=GRAIN,
        )
        return follow.lines(targets)
    wanted = {target.id for target in targets}
    return _snapshot(client, [pod for pod in pods if pod.metadata.uid in wanted], query)


def pods_of(client: Client, app: str) -> tuple[Pod, ...]:
    """Return an app's pods, by name."""
    found = client.list(object_path("pods", client.namespace), Pod, labels=app_selector(app)).items
    return tuple(sorted(found, key=lambda pod: pod.metadata.name))


def _present(client: Client, app: str) -> list[Target]:
    """Return the pods that are there; raise when neither they nor their app are."""
    pods = pods_of(client, app)
    if not pods and find_owner(client, app) is None:
        raise NotFoundError(f"there is no app {app!r} any more")
    return [target_of(pod) for pod in pods]


def _snapshot(client: Client, pods: Sequence[Pod], query: LogQuery) -> Generator[LogLine, None, None]:
    """Yield what is there now, one line of each pod in memory at a time but for a tail over two lives."""
    with ExitStack() as readings:
        streams = []
        for pod in pods:
            lines = recorded(client, pod, Position(query, tail=query.tail, grain=GRAIN))
            streams.append(readings.enter_context(closing(lines)))
        for record in heapq.merge(*streams, key=lambda record: record.stamp):
            yield record.line
