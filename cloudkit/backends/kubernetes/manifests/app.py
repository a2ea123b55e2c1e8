"""All objects of an app, in the order in which they are applied, and which of those that are there are left over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cloudkit.backends.kubernetes.manifests.autoscaler import autoscaler
from cloudkit.backends.kubernetes.manifests.budget import budget
from cloudkit.backends.kubernetes.manifests.claims import claims
from cloudkit.backends.kubernetes.manifests.cron import cron_job
from cloudkit.backends.kubernetes.manifests.daemon import daemon_set
from cloudkit.backends.kubernetes.manifests.deployment import deployment
from cloudkit.backends.kubernetes.manifests.files import config_map, config_name, is_config_name
from cloudkit.backends.kubernetes.manifests.policy import policy
from cloudkit.backends.kubernetes.manifests.pulling import pulled
from cloudkit.backends.kubernetes.manifests.route import route
from cloudkit.backends.kubernetes.manifests.service import published_service, service
from cloudkit.backends.kubernetes.manifests.stateful import stateful_set
from cloudkit.backends.kubernetes.manifests.variables import is_secret_name, secret, secret_name
from cloudkit.backends.kubernetes.manifests.ways import Ways
from cloudkit.backends.kubernetes.owners import COLLECTIONS
from cloudkit.model.app import AppSpec

__all__ = ["Manifest", "kept_keys", "key_of", "manifests", "surplus_keys"]

Manifest = Mapping[str, Any]
"""One object, as plain JSON."""

WAYS = Ways()
_MAKERS = {"daemon": daemon_set, "stateful": stateful_set, "job": cron_job, "cron": cron_job}
_RESOURCES = {
    **COLLECTIONS,
    "ConfigMap": "configmaps",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers",
    "Ingress": "ingresses",
    "Job": "jobs",
    "NetworkPolicy": "networkpolicies",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "PodDisruptionBudget": "poddisruptionbudgets",
    "Secret": "secrets",
    "Service": "services",
}


def manifests(
    spec: AppSpec, *, namespace: str, revision: int, generation: int, pull: str = "", ways: Ways = WAYS
) -> tuple[Manifest, ...]:
    """Return the objects that make a spec true, in the order in which they are applied.

    What the pods need comes before what makes them, which is the record of what is wanted. A PersistentVolumeClaim is
    made where there is none and never applied to one that is there: it belongs to all apps that mount it.

    Args:
        spec: What is wanted.
        namespace: The Kubernetes namespace.
        revision: The revision of what runs.
        generation: The generation of the spec.
        pull: The registry that its revision has a pull secret for; empty for none.
        ways: How its ports are found, where that is not by their numbers.

    Raises:
        UnsupportedError: Kubernetes cannot do something of the spec; the hint names the way out.
    """
    make = _MAKERS.get(spec.kind, deployment)
    whole = pulled(make(spec, namespace=namespace, revision=revision, generation=generation, ways=ways), pull)
    return (
        *config_map(spec, namespace=namespace, revision=revision),
        *secret(spec, namespace=namespace, revision=revision),
        *claims(spec, namespace=namespace),
        *policy(spec, namespace=namespace),
        whole,
        *service(spec, namespace=namespace, ways=ways),
        *published_service(spec, namespace=namespace, ways=ways),
        *route(spec, namespace=namespace),
        *budget(spec, namespace=namespace),
        *autoscaler(spec, namespace=namespace),
    )


def key_of(manifest: Manifest) -> tuple[str, str]:
    """Return an object's collection, as `object_path` names it, and its name.

    >>> key_of({"kind": "NetworkPolicy", "metadata": {"name": "web"}})
    ('networkpolicies', 'web')
    """
    return _RESOURCES[manifest["kind"]], str(manifest["metadata"]["name"])


def surplus_keys(
    spec: AppSpec, *, revision: int, present: Iterable[tuple[str, str]], kept: Iterable[int]
) -> tuple[tuple[str, str], ...]:
    """Return those of an app's objects that its spec no longer asks for, in order.

    Args:
        spec: What is wanted.
        revision: Its revision.
        present: The app's objects that are there, by collection and name; claims are not counted among them.
        kept: The revisions that may come back, so whose secrets and files stay.
    """
    wanted = {key_of(one) for one in manifests(spec, namespace="", revision=revision, generation=0)}
    needed = {key for one in kept for key in kept_keys(spec.name, one)}
    return tuple(sorted(_removable(spec.name, set(present) - wanted - needed)))


def kept_keys(app: str, revision: int) -> tuple[tuple[str, str], ...]:
    """Return the objects that have what a revision reads, by collection and name.

    >>> kept_keys("web", 3)
    (('configmaps', 'web-config-3'), ('secrets', 'web-env-3'))
    """
    return ("configmaps", config_name(app, revision)), ("secrets", secret_name(app, revision))


def _removable(app: str, keys: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Leave out what only looks like ours: what somebody else has labelled, a claim, the record."""
    for resource, name in keys:
        if resource == "secrets" and not is_secret_name(app, name):
            continue
        if resource == "configmaps" and not is_config_name(app, name):
            continue
        if resource not in {"persistentvolumeclaims", *COLLECTIONS.values()}:
            yield resource, name
