"""Read the log of one pod's container from a position on."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager
from datetime import UTC
from itertools import chain
from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.appcontainer import app_status, container_name
from cloudkit.backends.kubernetes.labels import CONTAINER
from cloudkit.backends.kubernetes.objects import ContainerStatus, Pod
from cloudkit.backends.kubernetes.operations.loglines import read_lines
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.refusal import refusal_of
from cloudkit.backends.replicalogs.position import Position
from cloudkit.backends.replicalogs.stamped import Stamped
from cloudkit.backends.replicalogs.stamps import moment, nanoseconds
from cloudkit.backends.replicalogs.targets import Target
from cloudkit.errors import CloudkitError, NotFoundError

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["GRAIN", "has_begun", "is_missing", "open_log", "recorded", "target_of"]

GRAIN = 10**9
"""Nanoseconds to which a node cuts the time that a reading begins at."""


def target_of(pod: Pod) -> Target:
    """Return a pod as what is read."""
    return Target(id=pod.metadata.uid, name=pod.metadata.name, part=container_name(pod))


def has_begun(status: ContainerStatus | None) -> bool:
    """Tell whether a container has run at all, so that it may have a log."""
    if status is None:
        return False
    lives = (status.state.running, status.state.terminated, status.last_state.terminated)
    return any(one is not None for one in lives)


def open_log(
    client: Client, target: Target, position: Position, *, follow: bool, previous: bool = False
) -> AbstractContextManager[Iterator[bytes]]:
    """Ask for the log of a pod's present life, or of the one before, from a position on."""
    start = position.begin()
    query = {"container": target.part or CONTAINER, "timestamps": "true"}
    query |= {"follow": "true"} if follow else {}
    query |= {"previous": "true"} if previous else {}
    query |= {"tailLines": str(start.tail)} if start.tail is not None else {}
    if start.since is not None:
        query["sinceTime"] = f"{moment(max(0, start.since)).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return client.stream(object_path("pods", client.namespace, target.name, "log"), query)


def recorded(client: Client, pod: Pod, position: Position) -> Generator[Stamped, None, None]:
    """Yield the lines that are there now: those of the life before, where there was one, and of the present one.

    A node keeps no more than two lives, and of each what its rotation left.
    """
    target, status = target_of(pod), app_status(pod)
    if not has_begun(status):
        return
    lives = (True, False) if status is not None and status.restart_count else (False,)
    lines = chain.from_iterable(_life(client, target, position, previous=previous) for previous in lives)
    last = None if position.query.until is None else nanoseconds(position.query.until)
    tail = position.tail
    wanted = (one for one in lines if position.admit(one) and (last is None or one.stamp <= last))
    yield from wanted if tail is None else deque(wanted, maxlen=tail)


def _life(client: Client, target: Target, position: Position, *, previous: bool) -> Iterator[Stamped]:
    try:
        with open_log(client, target, position, follow=False, previous=previous) as chunks:
            yield from read_lines(chunks, target.name, whole=True)
    except CloudkitError as error:
        if not is_missing(error):
            raise


def is_missing(error: CloudkitError) -> bool:
    """Tell whether there is no log of that container: the pod has gone, or it does not run yet, or not any more."""
    refusal = refusal_of(error)
    return isinstance(error, NotFoundError) or (refusal is not None and refusal.status == 400)
