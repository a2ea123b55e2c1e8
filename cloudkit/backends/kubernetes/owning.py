"""Write our objects by server-side apply: mend what a hand has changed, refuse what another owner stands for.

A change by ``kubectl scale`` or ``kubectl edit`` is a single act: the next apply undoes it, and says so. A field that
an autoscaler or another applier owns is theirs for good, and the error names them.

Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cloudkit.backends.kubernetes.labels import FIELD_MANAGER
from cloudkit.backends.kubernetes.refusal import RefusedError, refusal_of
from cloudkit.errors import ConflictError
from cloudkit.model.progress import Listener, Phase, Progress

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["by_hand", "is_stale", "owned", "write"]

_OWNER = re.compile(r'conflict with "(?P<name>[^"]+)"(?P<update>.* using )?')
_STANDING = frozenset({"kubectl-client-side-apply", "kubectl-last-applied"})


def write(client: Client, path: str, body: Mapping[str, Any], *, listener: Listener) -> dict[str, Any]:
    """Make an object be as it says, also where a hand has changed it since.

    Args:
        client: A connection to the API server.
        path: The object.
        body: The fields that are wanted.
        listener: Hears of what a hand has changed.

    Raises:
        ConflictError: A field has another standing owner, or the object is of another version than the body's.
    """
    try:
        return client.apply(path, body)
    except ConflictError as error:
        refusal = refusal_of(error)
        changed = by_hand(refusal) if refusal else ()
        if not changed:
            raise
    listener(Progress(phase=Phase.NOTICE, item=body["metadata"]["name"], message=f"set back {', '.join(changed)}"))
    return client.apply(path, body, force=True)


def by_hand(refusal: RefusedError) -> tuple[str, ...]:
    """Return the fields that a hand has changed, each with the command's name; none where anybody else owns one.

    >>> conflict = '{"details": {"causes": [{"reason": "FieldManagerConflict", "field": ".spec.replicas", "message": '
    >>> by_hand(RefusedError(409, (conflict + '"conflict with \\\\"kubectl\\\\" using apps/v1"}]}}').encode()))
    ('.spec.replicas (changed by kubectl)',)
    >>> by_hand(RefusedError(409, (conflict + '"conflict with \\\\"argocd\\\\" using apps/v1"}]}}').encode()))
    ()
    """
    fields = []
    for field in refusal.fields:
        owner = _OWNER.search(field.message)
        if field.reason != "FieldManagerConflict" or owner is None or not _is_hand(owner):
            return ()
        fields.append(f"{field.field} (changed by {owner['name']})")
    return tuple(fields)


def is_stale(error: ConflictError) -> bool:
    """Tell whether only the version that was seen is not the present one any more."""
    refusal = refusal_of(error)
    return refusal is not None and refusal.reason == "Conflict" and not refusal.fields


def owned(client: Client, path: str, raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an object whose fields we own as an applier; one that we have created is made so.

    What is created is owned as by an update. A field would stay then, though the spec no longer has it.
    """
    fields = raw["metadata"].get("managedFields") or []
    if not any(_is_ours(one) for one in fields):
        return raw
    kept = [one | {"operation": "Apply"} if _is_ours(one) else one for one in fields]
    version = raw["metadata"]["resourceVersion"]
    return client.patch(path, {"metadata": {"managedFields": kept, "resourceVersion": version}})


def _is_ours(entry: Mapping[str, Any]) -> bool:
    return entry.get("manager") == FIELD_MANAGER and entry.get("operation") == "Update" and not entry.get("subresource")


def _is_hand(owner: re.Match[str]) -> bool:
    name = owner["name"]
    return bool(owner["update"]) and name.split("-")[0] == "kubectl" and name not in _STANDING
