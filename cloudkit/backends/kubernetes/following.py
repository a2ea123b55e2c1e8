"""The number of replicas: an autoscaler's while there is one, and ours again afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from cloudkit.backends.kubernetes.objects import Metadata
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.strangers import is_of
from cloudkit.errors import CloudkitError, UnsupportedError

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.model.autoscale import Autoscale

__all__ = ["shared", "unmeasured"]

_SCALER = "kube-controller-manager"


class _Target(Struct, frozen=True):
    kind: str = ""
    name: str = ""


class _Wanted(Struct, frozen=True, rename="camel"):
    scale_target_ref: _Target = _Target()


class _Autoscaler(Struct, frozen=True):
    metadata: Metadata
    spec: _Wanted = _Wanted()


def shared(
    client: Client, path: str, raw: Mapping[str, Any], body: Mapping[str, Any], autoscale: Autoscale | None
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return an object that is there and what is wanted of it, agreed on who says how many replicas there are.

    While an app follows its load that is the number which it has, within its bounds.

    Args:
        client: A connection to the API server.
        path: The object.
        raw: The object that is there.
        body: What is wanted of it.
        autoscale: How the app follows its load; None where it does not.
    """
    number = body["spec"].get("replicas")
    if number is None:  # a DaemonSet's is how many nodes there are
        return raw, body
    if autoscale is not None and number:
        present = raw["spec"].get("replicas") or number
        number = min(max(present, autoscale.min), autoscale.max)
        body = {**body, "spec": {**body["spec"], "replicas": number}}
    if number != raw["spec"].get("replicas") and (autoscale is not None or not _is_scaled(client, raw)):
        raw = _released(client, path, raw)
    return raw, body


def unmeasured(client: Client, app: str) -> str:
    """Return why a cluster cannot tell an autoscaler what an app uses; empty where it can."""
    from cloudkit.backends.kubernetes.operations.stats import read_stats

    try:
        read_stats(client, app)
    except UnsupportedError as error:
        return f"{error.summary}; the number of replicas follows nothing until then: {error.hint}"
    except CloudkitError:  # another trouble, which who asks for figures is told
        pass
    return ""


def _released(client: Client, path: str, raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an object whose number of replicas no autoscaler holds.

    The cluster leaves the field to the controller that last set it, whether or not anybody still asks it to.
    """
    fields = raw["metadata"].get("managedFields") or []
    if not any(map(_is_scaler, fields)):
        return raw
    kept = [one for one in fields if not _is_scaler(one)]
    version = raw["metadata"]["resourceVersion"]
    return client.patch(path, {"metadata": {"managedFields": kept, "resourceVersion": version}})


def _is_scaler(entry: Mapping[str, Any]) -> bool:
    return entry.get("manager") == _SCALER and entry.get("subresource") == "scale"


def _is_scaled(client: Client, raw: Mapping[str, Any]) -> bool:
    """Tell whether somebody else's autoscaler has chosen the number; our own is about to go."""
    path = object_path("horizontalpodautoscalers", client.namespace)
    wanted = _Target(kind=raw["kind"], name=raw["metadata"]["name"])
    there = client.list(path, _Autoscaler).items
    return any(one.spec.scale_target_ref == wanted and not is_of(one.metadata.labels, wanted.name) for one in there)
