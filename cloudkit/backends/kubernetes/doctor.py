"""Say what of a cluster is there and what is missing, each with the command that helps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial

from msgspec import Struct

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.connect import connect
from cloudkit.backends.kubernetes.objects import Metadata, Node
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.target import Target
from cloudkit.config import Config
from cloudkit.config.builder import Builder
from cloudkit.errors import AccessError, CloudkitError, NotFoundError
from cloudkit.model.check import Check

__all__ = ["examine_cluster"]

NEEDED = (
    ("patch", "deployments", ""),
    ("create", "services", ""),
    ("create", "secrets", ""),
    ("create", "configmaps", ""),
    ("create", "jobs", ""),
    ("list", "pods", ""),
    ("list", "events", ""),
    ("get", "pods", "log"),
    ("create", "pods", "exec"),
    ("get", "pods", "exec"),
)
"""What the verbs of cloudkit need to be allowed: verb, resource, part.

A two-way connection begins with a GET, so that servers before Kubernetes 1.35 ask for ``get``, later ones for both.
"""
_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


class _Version(Struct, frozen=True, rename="camel"):
    git_version: str = ""


class _Group(Struct, frozen=True):
    kind: str = ""


class _Kept(Struct, frozen=True):
    metadata: Metadata


def examine_cluster(config: Config) -> tuple[Check, ...]:
    """Look at a cluster: does it answer, what may one do, are nodes, metrics, volumes, builder and registry well."""
    try:
        client = connect(config)
    except CloudkitError as error:
        return (_failed("cluster", error),)
    with closing(client):
        first = _safely("cluster", _version, client)
        if not first.ok:
            return (first, *_registry(config))
        looks = {
            "namespace": _namespace,
            "permissions": _permissions,
            "nodes": _nodes,
            "metrics": _metrics,
            "volumes": _volumes,
        }
        looks |= {"builder": partial(_builder, config.builder)} if config.builder else {}
        rest = [_safely(name, look, client) for name, look in looks.items()]
    return (first, *rest, *_registry(config))


def _safely(name: str, look: Callable[[Client], Check], client: Client) -> Check:
    """Return what a look found; an error of its own is what it found."""
    try:
        return look(client)
    except CloudkitError as error:
        return _failed(name, error)


def _failed(name: str, error: CloudkitError) -> Check:
    return Check(name=name, ok=False, detail="; ".join((error.summary, *error.evidence)), fix=error.hint)


def _version(client: Client) -> Check:
    found = client.get("/version", _Version)
    unsafe = "" if client.verified else "; its certificate is not checked: insecure-skip-tls-verify"
    return Check(name="cluster", ok=True, detail=f"Kubernetes {found.git_version}, {client.cluster}{unsafe}")


def _namespace(client: Client) -> Check:
    name = client.namespace
    try:
        client.get(object_path("namespaces", name=name), _Kept)
    except NotFoundError:
        detail, fix = f"there is no namespace {name!r}", f"kubectl create namespace {name}"
        return Check(name="namespace", ok=False, detail=detail, fix=fix)
    except AccessError:  # who may work in a namespace need not be allowed to look at it
        return Check(name="namespace", ok=True, detail=f"{name}, which one may not look at")
    return Check(name="namespace", ok=True, detail=name)


def _permissions(client: Client) -> Check:
    denied = [target for target in _needed(client) if not _may(client, target)]
    if not denied:
        return Check(name="permissions", ok=True, detail="all that cloudkit needs")
    detail = f"not allowed: {'; '.join(map(str, denied))}"
    return Check(name="permissions", ok=False, detail=detail, fix=f"{denied[0].question}; ask the cluster's admin")


def _needed(client: Client) -> list[Target]:
    targets = []
    for verb, resource, part in NEEDED:
        root = object_path(resource).split("/")
        group = root[2] if root[1] == "apis" else ""
        targets.append(Target(verb=verb, group=group, resource=resource, part=part, namespace=client.namespace))
    return targets


def _may(client: Client, target: Target) -> bool:
    """Ask the API server whether one may."""
    attributes = {
        "verb": target.verb,
        "group": target.group,
        "resource": target.resource,
        "subresource": target.part,
        "namespace": target.namespace,
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    status: Mapping[str, object] = client.create(_REVIEWS, review).get("status") or {}
    return bool(status.get("allowed"))


def _nodes(client: Client) -> Check:
    try:
        nodes = client.list(object_path("nodes"), Node).items
    except AccessError:
        return Check(name="nodes", ok=True, detail="one may not look at them")
    ready = [node for node in nodes if _is_ready(node)]
    late = sorted({node.metadata.name for node in nodes} - {node.metadata.name for node in ready})
    detail = f"{len(ready)} of {len(nodes)} ready" + (f"; not ready: {', '.join(late)}" if late else "")
    return Check(name="nodes", ok=bool(nodes) and not late, detail=detail, fix="kubectl get nodes" if late else "")


def _is_ready(node: Node) -> bool:
    return any(one.type == "Ready" and one.status == "True" for one in node.status.conditions)


def _metrics(client: Client) -> Check:
    if client.find("/apis/metrics.k8s.io/v1beta1", _Group) is None:
        detail = "there is no metrics-server; stats and autoscaling need one"
        return Check(name="metrics", ok=False, detail=detail, fix="install metrics-server in the cluster")
    return Check(name="metrics", ok=True, detail="metrics-server answers")


def _volumes(client: Client) -> Check:
    try:
        classes = client.list("/apis/storage.k8s.io/v1/storageclasses", _Kept).items
    except AccessError:
        return Check(name="volumes", ok=True, detail="one may not look at the storage classes")
    names = [one.metadata.name for one in classes if one.metadata.annotations.get(_DEFAULT_CLASS) == "true"]
    if not names:
        detail = "no storage class is the default; an app with a volume stays pending"
        return Check(name="volumes", ok=False, detail=detail, fix="kubectl get storageclass; mark one as the default")
    return Check(name="volumes", ok=True, detail=f"of storage class {names[0]}")


def _builder(builder: Builder, client: Client) -> Check:
    """Look at the BuildKit that builds."""
    if builder.in_cluster:
        from cloudkit.backends.kubernetes.buildkit import examine_builder

        return examine_builder(client)
    from cloudkit.engine.remote import reach

    reach(builder)
    return Check(name="builder", ok=True, detail=f"BuildKit at {builder}")


def _registry(config: Config) -> tuple[Check, ...]:
    """Ask the registry that images are sent to."""
    if not config.registry:
        detail = "none is configured; images that are built here reach no node"
        return (Check(name="registry", ok=False, detail=detail, fix="CLOUDKIT_REGISTRY=localhost:5000"),)
    from cloudkit.registry.client import RegistryClient

    try:
        with RegistryClient(config.registry.partition("/")[0], timeout=5) as registry:
            registry.ping()
    except CloudkitError as error:
        return (
            replace(_failed("registry", error), fix=error.hint or f"curl -i {config.registry.partition('/')[0]}/v2/"),
        )
    return (Check(name="registry", ok=True, detail=f"{config.registry} answers"),)
