"""What a cluster has besides Kubernetes itself: names by CoreDNS, figures by metrics-server, a class of volumes.

CoreDNS and metrics-server run as processes on node 1, as no hub gives their images; the cluster reaches them by a
Service whose endpoint is that node.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from testbed.cluster.layout import Layout
from testbed.cluster.started import Started, kubectl, program, start
from testbed.cluster.volumes import storage_class, volumes

__all__ = ["start_addons"]

COREFILE = """\
.:53 {{
  bind {address}
  errors
  kubernetes cluster.local {{
    kubeconfig {kubeconfig}
  }}
  cache 5
}}
"""


def start_addons(layout: Layout) -> list[Started]:
    """Start CoreDNS and metrics-server, and create the objects that lead to them; the API server is ready."""
    items = [*name_service(layout), *metrics_service(layout), *metrics_api(), storage_class(), *volumes(layout)]
    done = kubectl(layout, "create", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    if done.returncode:
        raise RuntimeError(f"kubectl create: {done.stderr.strip()}")
    return [start_coredns(layout), start_metrics(layout)]


def start_coredns(layout: Layout) -> Started:
    """Start the names of Services; names of the outside are not served."""
    corefile = layout.folder / "Corefile"
    corefile.write_text(COREFILE.format(address=layout.address(1), kubeconfig=layout.kubeconfig))
    return start(layout, 1, program("coredns"), "-conf", str(corefile))


def start_metrics(layout: Layout) -> Started:
    """Start metrics-server, with figures that are 10 seconds old at most."""
    options = ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
    return start(
        layout,
        1,
        program("metrics-server"),
        *(f"--{option}={layout.kubeconfig}" for option in options),
        f"--bind-address={layout.address(1)}",
        "--secure-port=4443",
        f"--tls-cert-file={layout.folder}/metrics-server.crt",
        f"--tls-private-key-file={layout.folder}/metrics-server.key",
        "--kubelet-insecure-tls",
        "--kubelet-preferred-address-types=InternalIP",
        "--kubelet-request-timeout=5s",
        "--metric-resolution=10s",
    )


def name_service(layout: Layout) -> Iterator[dict[str, Any]]:
    """Yield the Service of CoreDNS, at the address that kubelets tell pods."""
    ports = [("dns", "UDP", 53, 53), ("dns-tcp", "TCP", 53, 53)]
    service, endpoints = to_process("kube-dns", layout.address(1), ports)
    service["spec"]["clusterIP"] = layout.service(10)
    yield from (service, endpoints)


def metrics_service(layout: Layout) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the Service of metrics-server."""
    return to_process("metrics-server", layout.address(1), [("https", "TCP", 443, 4443)])


def to_process(
    name: str, address: str, ports: list[tuple[str, str, int, int]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a Service without a selector, and its endpoint: a process of a node."""
    metadata = {"name": name, "namespace": "kube-system"}
    served = [{"name": name, "protocol": protocol, "port": port} for name, protocol, port, _ in ports]
    targets = [{"name": name, "protocol": protocol, "port": target} for name, protocol, _, target in ports]
    service = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": served}}
    endpoints = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {**metadata, "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [address]}],
        "ports": targets,
    }
    return service, endpoints


def metrics_api() -> Iterator[dict[str, Any]]:
    """Yield the registration of metrics-server behind the API server."""
    yield {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": "v1beta1.metrics.k8s.io"},
        "spec": {
            "group": "metrics.k8s.io",
            "version": "v1beta1",
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "insecureSkipTLSVerify": True,
            "service": {"name": "metrics-server", "namespace": "kube-system"},
        },
    }
