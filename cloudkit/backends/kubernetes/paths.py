"""Where the API server keeps each kind of object."""

from __future__ import annotations

from urllib.parse import quote

__all__ = ["object_path"]

_GROUPS = {
    "configmaps": "api/v1",
    "events": "api/v1",
    "namespaces": "api/v1",
    "nodes": "api/v1",
    "persistentvolumeclaims": "api/v1",
    "persistentvolumes": "api/v1",
    "pods": "api/v1",
    "replicationcontrollers": "api/v1",
    "resourcequotas": "api/v1",
    "secrets": "api/v1",
    "serviceaccounts": "api/v1",
    "services": "api/v1",
    "controllerrevisions": "apis/apps/v1",
    "daemonsets": "apis/apps/v1",
    "deployments": "apis/apps/v1",
    "replicasets": "apis/apps/v1",
    "statefulsets": "apis/apps/v1",
    "cronjobs": "apis/batch/v1",
    "jobs": "apis/batch/v1",
    "endpointslices": "apis/discovery.k8s.io/v1",
    "poddisruptionbudgets": "apis/policy/v1",
    "horizontalpodautoscalers": "apis/autoscaling/v2",
    "ingresses": "apis/networking.k8s.io/v1",
    "networkpolicies": "apis/networking.k8s.io/v1",
    "storageclasses": "apis/storage.k8s.io/v1",
    "podmetrics": "apis/metrics.k8s.io/v1beta1",
}
_CLUSTER_WIDE = frozenset({"namespaces", "nodes", "persistentvolumes", "storageclasses"})
_NAMES = {"podmetrics": "pods"}


def object_path(resource: str, namespace: str = "", name: str = "", part: str = "") -> str:
    """Return the path of a collection, of an object in it, or of a part of that.

    Args:
        resource: The plural, in lower case: ``pods``, ``deployments``; ``podmetrics`` are those of metrics-server.
        namespace: Where it is; empty for all namespaces, and for what stands outside of them.
        name: The object; empty for the collection.
        part: A subresource: ``log``, ``exec``, ``status``, ``scale``, ``portforward``, ``eviction``.

    >>> object_path("deployments", "default", "web", "scale")
    '/apis/apps/v1/namespaces/default/deployments/web/scale'
    >>> object_path("nodes")
    '/api/v1/nodes'
    """
    space = () if resource in _CLUSTER_WIDE or not namespace else ("namespaces", quote(namespace, safe=""))
    tail = (quote(one, safe="") for one in (name, part) if one)
    return "/" + "/".join((_GROUPS[resource], *space, _NAMES.get(resource, resource), *tail))
