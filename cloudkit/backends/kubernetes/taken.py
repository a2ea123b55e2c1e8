"""A port of the nodes that another Service has: found before anything is changed, named by who has it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.labels import MANAGED_BY, NAME, OWNER
from cloudkit.backends.kubernetes.manifests.service import NODE_PORTS, published_service
from cloudkit.backends.kubernetes.manifests.ways import Ways
from cloudkit.backends.kubernetes.objects import Service
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.published import taken_port
from cloudkit.errors import AccessError, UsageError

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.model.app import AppSpec
    from cloudkit.model.port import Port

__all__ = ["holder", "refuse_taken"]


def refuse_taken(client: Client, spec: AppSpec) -> None:
    """Raise ``RolloutError`` when a port of the nodes that an app is to publish is another Service's.

    The API server is asked by a dry run, so one need not be allowed to see the Services of other namespaces.
    """
    ports = [port for port in spec.ports if port.publish in NODE_PORTS]
    if not ports:
        return
    for body in published_service(spec, namespace=client.namespace, ways=Ways()):
        path = object_path("services", client.namespace, body["metadata"]["name"])
        try:
            client.apply(path, body, dry_run=True, force=True)
        except UsageError as error:
            port = next((one for one in ports if str(one.publish) in str(error)), None)
            if port is None or "allocated" not in str(error):
                raise
            raise _taken(client, spec, port, error) from error


def holder(services: Iterable[Service], port: int) -> str:
    """Return who has a port of the nodes, in words; empty when no Service does."""
    for one in services:
        if port in {entry.node_port for entry in one.spec.ports}:
            meta = one.metadata
            if meta.labels.get(MANAGED_BY) == OWNER and NAME in meta.labels:
                return f"app {meta.labels[NAME]!r} of namespace {meta.namespace!r}"
            return f"Service {meta.name!r} of namespace {meta.namespace!r}"
    return ""


def _taken(client: Client, spec: AppSpec, port: Port, error: UsageError) -> Exception:
    number = port.publish or 0
    try:
        by = holder(client.list(object_path("services"), Service).items, number)
    except AccessError:
        by = ""
    return taken_port(
        spec.name,
        port,
        where=f"port {number} of every node",
        who=by or "another Service of the cluster",
        free="kubectl get services -A shows who has it",
        evidence=error.evidence,
    )
