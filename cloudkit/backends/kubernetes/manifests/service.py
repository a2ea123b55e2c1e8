"""How an app is reached: by its name inside the cluster, and at its nodes or a load balancer when it is published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudkit.backends.kubernetes.manifests.heading import heading, own_labels, selector
from cloudkit.backends.kubernetes.manifests.ways import Ways, port_name
from cloudkit.errors import UnsupportedError
from cloudkit.model.app import AppSpec
from cloudkit.model.port import LOOPBACK, Port

__all__ = ["NODE_PORTS", "published_name", "published_service", "service"]

NODE_PORTS = range(30_000, 32_768)
"""The ports that a cluster opens on its nodes, unless it is set up otherwise."""


def published_name(app: str) -> str:
    """Return the name of the Service that is reached from outside.

    >>> published_name("web")
    'web-published'
    """
    return f"{app}-published"


def service(spec: AppSpec, *, namespace: str, ways: Ways) -> Iterator[dict[str, Any]]:
    """Yield the Service that other apps reach it by, as ``http://web:3000``; none for an app without a port.

    That of a stateful app is headless, with a port or without: its name leads to all replicas that are ready, and
    ``db-0.db`` to one of them.

    Each of its ports is called by its number, so that one that comes changes nothing of one that leaves. There is none
    where somebody else's has its name and stays.
    """
    if (spec.ports or spec.kind == "stateful") and not ways.other:
        targets = {**ways.leaving, **{port.number: ways.target(port.number) for port in spec.ports}}
        ports = [_entry(port_name(number), number, target) for number, target in targets.items()]
        headless = {"clusterIP": "None"} if spec.kind == "stateful" else {}
        yield _service(spec, spec.name, namespace, {"type": "ClusterIP", **headless, "ports": ports})


def published_service(spec: AppSpec, *, namespace: str, ways: Ways) -> Iterator[dict[str, Any]]:
    """Yield the Service of the published ports, where there are any.

    Ports that loopback publishes, the default, are reached at the nodes; any other host asks for a load balancer.
    A port from 30000 to 32767 is the node's own; of any other the cluster chooses the node's, and keeps it. Each is
    called as in the pods, so that another number of the same port changes nothing outside.

    Raises:
        UnsupportedError: The ports need two kinds of Service, or have one number twice.
    """
    published = [port for port in spec.ports if port.publish is not None]
    if not published:
        return
    local = [port.host == LOOPBACK for port in published]
    if len(set(local)) > 1:
        message = f"ports of app {spec.name!r} cannot be published on loopback and on other hosts both, on Kubernetes"
        raise UnsupportedError(message, capability="publish", hint="give all published ports the same host")
    _check_numbers(spec, published)
    kind = "NodePort" if all(local) else "LoadBalancer"
    ports = [_published(port, ways) for port in published]
    yield _service(spec, published_name(spec.name), namespace, {"type": kind, "ports": ports})


def _service(spec: AppSpec, name: str, namespace: str, content: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "labels": own_labels(spec)}
    return heading("v1", "Service", metadata) | {"spec": {**content, "selector": selector(spec.name)}}


def _published(port: Port, ways: Ways) -> dict[str, Any]:
    name = ways.name(port.number) or port_name(port.number)
    entry = _entry(name, port.publish or port.number, ways.target(port.number))
    node_port = port.publish if port.publish in NODE_PORTS else ways.node_ports.get(name, 0)
    return entry | ({"nodePort": node_port} if node_port else {})


def _entry(name: str, port: int, target: int | str) -> dict[str, Any]:
    return {"name": name, "port": port, "targetPort": target, "protocol": "TCP"}


def _check_numbers(spec: AppSpec, published: list[Port]) -> None:
    seen = set[int]()
    for number in (port.publish or port.number for port in published):
        if number in seen:
            message = f"app {spec.name!r} publishes port {number} twice, which one Service cannot"
            raise UnsupportedError(message, capability="publish", hint="give each port another publish")
        seen.add(number)
