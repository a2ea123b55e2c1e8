"""Find what makes an app's pods, whichever kind of object that is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.jobobjects import CronJob
from cloudkit.backends.kubernetes.labels import OPEN, SPEC
from cloudkit.backends.kubernetes.objects import Workload
from cloudkit.backends.kubernetes.owners import COLLECTIONS
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.errors import AccessError

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["find_kind", "find_owner", "is_own", "own_of"]


def find_kind(client: Client, app: str, kind: str) -> Workload | None:
    """Return the object of one kind that has an app's name, whoever made it; None when there is none.

    Who may not look at another kind than a Deployment has none of it: older rights know that alone.
    """
    path = object_path(COLLECTIONS[kind], client.namespace, app)
    try:
        if kind == "CronJob":
            record = client.find(path, CronJob)
            return record.owner if record is not None else None
        return client.find(path, Workload)
    except AccessError:
        if kind == "Deployment":
            raise
        return None


def find_owner(client: Client, app: str) -> Workload | None:
    """Return what makes an app's pods, also while it is being deleted; None when there is no such app."""
    found = (find_kind(client, app, kind) for kind in COLLECTIONS)
    return own_of(one for one in found if one is not None)


def own_of(owners: Iterable[Workload]) -> Workload | None:
    """Return which of the objects of one name is an app's record: one that stays before one that may yet give way."""
    return min((one for one in owners if is_own(one)), key=_giving_way, default=None)


def _giving_way(owner: Workload) -> tuple[bool, bool]:
    return owner.metadata.deletion_timestamp is not None, OPEN in owner.metadata.labels


def is_own(owner: Workload) -> bool:
    """Tell whether an object is the record of an app, not somebody else's of that name."""
    return SPEC in owner.metadata.annotations
