"""What a hand or another tool has changed of our objects, as the API server itself says it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from cloudkit.backends.kubernetes.manifests import Manifest, key_of
from cloudkit.backends.kubernetes.owners import COLLECTIONS
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.errors import AccessError, NotFoundError
from cloudkit.model.plan import Action, ActionKind

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["changed_paths", "drift_actions"]

WATCHED = frozenset({*COLLECTIONS.values(), "services"})
_MOST = 3  # fields that a step names


def drift_actions(client: Client, manifests: Iterable[Manifest]) -> Iterator[Action]:
    """Yield a step for each object that applying it again would change; one that is not there is none of these.

    Args:
        client: A connection to the API server, which is asked by dry runs.
        manifests: What is wanted.
    """
    for manifest in manifests:
        resource, name = key_of(manifest)
        if resource not in WATCHED:
            continue
        path = object_path(resource, client.namespace, name)
        try:
            present = client.raw(path)
            wanted = client.apply(path, manifest, dry_run=True, force=True)
        except (AccessError, NotFoundError):  # who may not change it is not told what else has
            continue
        changed = changed_paths(present["spec"], wanted["spec"])
        if changed:
            more = f" and {len(changed) - _MOST} more" if len(changed) > _MOST else ""
            detail = f"{', '.join(changed[:_MOST])}{more} changed by another hand"
            yield Action(kind=ActionKind.UPDATE, object=resource.removesuffix("s"), name=name, detail=detail)


def changed_paths(before: Any, after: Any, path: str = "spec") -> list[str]:
    """Return the dotted names of the fields in which two objects differ.

    >>> changed_paths({"a": {"b": 1}, "c": [{"d": 1}]}, {"a": {"b": 2}, "c": [{"d": 1}, {"d": 2}]})
    ['spec.a.b', 'spec.c']
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        keys = sorted(before.keys() | after.keys())
        return [found for key in keys for found in changed_paths(before.get(key), after.get(key), f"{path}.{key}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [found for index, (one, other) in pairs for found in changed_paths(one, other, f"{path}[{index}]")]
    return [] if before == after else [path]
