"""Remove all of an app but its volumes, in an order that whoever is interrupted can take up again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.labels import GENERATION
from cloudkit.backends.kubernetes.objects import Workload
from cloudkit.backends.kubernetes.owners import COLLECTIONS, HISTORIES
from cloudkit.backends.kubernetes.owning import is_stale
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.sight import Sight
from cloudkit.errors import BackendError, ConflictError

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.backends.kubernetes.observe import Observation

__all__ = ["await_end", "remove_app"]

TRIES = 20  # of a deletion that the controllers' own changes come in between
PATIENCE = 120.0
"""Seconds beyond the grace of a pod in which nothing goes, before the end is given up.

After a restart of the API server the cluster's own controllers, which end all of it, ask again only after up to a
minute each: they double their pauses up to 30 seconds and add as much by chance.
"""
TICK = 1.0


def remove_app(client: Client, seen: Observation) -> None:
    """Remove what was seen of an app, and return when it is gone.

    Raises:
        ConflictError: Somebody has changed it since.
        BackendError: A pod does not end, as when its node is lost.
    """
    kind = seen.owner.kind if seen.owner else seen.ending or "Deployment"
    if seen.owner is not None:
        _remove_owner(client, seen.app, kind, seen.generation)
    services = {("services", one.metadata.name): one.metadata.uid for one in seen.own_services}
    for (resource, name), uid in {**services, **seen.kept, **seen.others}.items():
        client.delete(object_path(resource, client.namespace, name), uid=uid)  # never one that was made since
    for one in seen.history:
        if not one.metadata.owner_references:
            client.delete(object_path(HISTORIES[kind], client.namespace, one.metadata.name), uid=one.metadata.uid)
    for job in seen.jobs:
        client.delete(object_path("jobs", client.namespace, job.metadata.name), uid=job.metadata.uid)
    await_end(client, seen.app, kind)


def await_end(client: Client, app: str, kind: str, *, timeout: float | None = None) -> None:
    """Return when an app's pods and what makes them are gone.

    Args:
        client: A connection to the API server.
        app: The app.
        kind: The kind of what makes its pods.
        timeout: Seconds at the most; without it the grace of its pods, and some patience.

    Raises:
        BackendError: A pod does not end.
    """
    begun = moved = time.monotonic()
    before: frozenset[tuple[str, bool]] = frozenset()
    with Sight(client, app, kind) as sight:
        while left := _left(sight):
            now = time.monotonic()
            before, moved = left, moved if left == before else now
            grace = max((one.metadata.deletion_grace_period_seconds or 0 for one in sight.pods), default=0)
            if now - moved > PATIENCE + grace or (timeout is not None and now - begun > timeout):
                raise _endless(client, app, kind, sight)
            sight.wait(TICK if timeout is None else min(TICK, max(0.05, timeout - (now - begun))))


def _left(sight: Sight) -> frozenset[tuple[str, bool]]:
    """Return what is left of an app, and whether it is ending: no other change brings it nearer to its end."""
    there = (*sight.pods, *sight.jobs, *((sight.owner,) if sight.owner is not None else ()))
    return frozenset((one.metadata.uid, one.metadata.deletion_timestamp is not None) for one in there)


def _endless(client: Client, app: str, kind: str, sight: Sight) -> BackendError:
    """Return the error that names what is left, and what shows why."""
    pods = [one.metadata.name for one in sight.pods]
    message = f"app {app!r} is deleted, but does not end: {', '.join(pods) or f'its {kind}'}"
    if pods:
        return BackendError(message, hint=f"kubectl describe pods -n {client.namespace} {' '.join(pods)}")
    evidence = ["all its pods are gone; the cluster's controllers have not let go of what made them"]
    return BackendError(message, evidence=evidence, hint=f"kubectl describe {kind.lower()} -n {client.namespace} {app}")


def _remove_owner(client: Client, app: str, kind: str, generation: int) -> None:
    """Remove what makes an app's pods with all that it owns, unless somebody has changed what is wanted."""
    path = object_path(COLLECTIONS[kind], client.namespace, app)
    for _ in range(TRIES):
        found = client.find(path, Workload)
        if found is None or found.metadata.deletion_timestamp is not None:
            return
        if found.metadata.annotations.get(GENERATION) != str(generation):
            message = f"app {app!r} was changed by someone else before it could be deleted"
            raise ConflictError(message, hint=f"cloudkit status {app}")
        try:
            client.delete(
                path, propagation="Foreground", uid=found.metadata.uid, version=found.metadata.resource_version
            )
        except ConflictError as error:
            if not is_stale(error):
                raise
            continue
        return
    raise ConflictError(f"app {app!r} changes faster than it can be deleted", hint=f"cloudkit delete {app}")
