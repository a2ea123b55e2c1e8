"""One name is one app: of two who make the first record of a name as different kinds of objects, one keeps it.

An API server gives a name once for each kind of object. So a first record is made open, as a label of it says, and
whoever has made one looks for another kind's before he closes his own. Of two that are open the kind that is looked for
first stays. An open one is removed by the version that was seen, and its closing makes another version; one that is
closed is never removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudkit.backends.kubernetes.finding import find_kind, is_own
from cloudkit.backends.kubernetes.labels import OPEN
from cloudkit.backends.kubernetes.owners import COLLECTIONS
from cloudkit.backends.kubernetes.owning import is_stale
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.backends.kubernetes.manifests import Manifest
    from cloudkit.backends.kubernetes.objects import Workload

__all__ = ["keep_name", "opened"]

_ORDER = tuple(COLLECTIONS)


def opened(record: Manifest) -> dict[str, Any]:
    """Return a first record as it is made."""
    metadata = record["metadata"]
    return {**record, "metadata": {**metadata, "labels": {**metadata["labels"], OPEN: "true"}}}


def keep_name(client: Client, app: str, kind: str, uid: str) -> None:
    """Close the record that was made, or remove it where another has the name.

    Args:
        client: A connection to the API server.
        app: The name.
        kind: The kind of the record.
        uid: Which one it is.

    Raises:
        ConflictError: The name is another's.
    """
    while (rival := _rival(client, app, kind)) is not None:
        if OPEN not in rival.metadata.labels or _ORDER.index(rival.kind) < _ORDER.index(kind):
            client.delete(_path(client, app, kind), uid=uid, propagation="Foreground")
            raise _taken(app)
        _remove(client, app, rival)
    _close(client, app, kind, uid)


def _rival(client: Client, app: str, kind: str) -> Workload | None:
    """Return the record of the name that is of another kind, while it is not about to go."""
    found = (find_kind(client, app, other) for other in _ORDER if other != kind)
    there = (one for one in found if one is not None and is_own(one))
    return next((one for one in there if one.metadata.deletion_timestamp is None), None)


def _remove(client: Client, app: str, rival: Workload) -> None:
    """Remove an open record; one that was closed or otherwise changed since it was seen is looked at again."""
    path, seen = _path(client, app, rival.kind), rival.metadata
    try:
        client.delete(path, uid=seen.uid, version=seen.resource_version, propagation="Foreground")
    except ConflictError as error:
        if not is_stale(error):
            raise


def _close(client: Client, app: str, kind: str, uid: str) -> None:
    try:
        closed = client.patch(_path(client, app, kind), {"metadata": {"uid": uid, "labels": {OPEN: None}}})
    except (NotFoundError, ConflictError) as error:
        raise _taken(app) from error
    if closed["metadata"].get("deletionTimestamp"):
        raise _taken(app)


def _path(client: Client, app: str, kind: str) -> str:
    return object_path(COLLECTIONS[kind], client.namespace, app)


def _taken(app: str) -> ConflictError:
    message = f"app {app!r} was changed by someone else: it is there already, as another kind of work"
    return ConflictError(message, hint=f"cloudkit status {app}")
