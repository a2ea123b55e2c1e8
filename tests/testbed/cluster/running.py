"""A cluster from its start to its end."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from testbed import registry
from testbed.cluster.addons import start_addons
from testbed.cluster.certificates import make_certificates
from testbed.cluster.control import start_control_plane
from testbed.cluster.layout import Layout
from testbed.cluster.network import make_networks
from testbed.cluster.node import start_nodes
from testbed.cluster.slots import taken
from testbed.cluster.started import Started, kubectl
from testbed.cluster.volumes import reclaiming

__all__ = ["Running", "running"]

METRICS = "v1beta1.metrics.k8s.io"


@dataclass(frozen=True)
class Running:
    """A cluster that runs."""

    kubeconfig: Path
    registry: str
    """The registry's domain in references: the same for whoever pushes and for the nodes, which pull."""

    def environment(self) -> dict[str, str]:
        """Return the variables by which kubectl and the tests find the cluster."""
        return {
            "KUBECONFIG": str(self.kubeconfig),
            "CLOUDKIT_TEST_KUBECONFIG": str(self.kubeconfig),
            "CLOUDKIT_TEST_REGISTRY": self.registry,
        }


@contextmanager
def running(size: int = 2) -> Iterator[Running]:
    """Run a cluster in the network namespace that this process is in; leave nothing of it afterwards. Needs root."""
    with ExitStack() as undo:
        layout = undo.enter_context(taken(size))
        make_networks(layout)
        make_certificates(layout)
        port = serve_registry(layout, undo)
        parts = start_control_plane(layout)
        parts += start_nodes(layout, port)
        parts += start_addons(layout)
        until_ready(layout, parts)
        undo.enter_context(reclaiming(layout))
        yield Running(layout.kubeconfig, f"localhost:{port}")


def serve_registry(layout: Layout, undo: ExitStack) -> int:
    """Start a registry that loopback and the nodes reach; return its port."""
    folder = layout.folder / "registry"
    folder.mkdir()
    port = unused_port()
    url = undo.enter_context(registry.serving(folder, port, host=""))
    if url is None:
        raise RuntimeError("no registry program")
    return port


def unused_port() -> int:
    """Return a port that nothing listens on at any address."""
    with socket.socket() as probe:
        probe.bind(("", 0))
        port: int = probe.getsockname()[1]
        return port


def until_ready(layout: Layout, parts: list[Started]) -> None:
    """Wait until nodes, names, figures and the first service account are there."""
    named = {part.name: part for part in parts}
    named["kubelet"].until(lambda: nodes_ready(layout), 120)
    named["metrics-server"].until(lambda: "True" in kubectl(layout, "get", "apiservice", METRICS).stdout, 120)
    named["kube-controller-manager"].until(lambda: succeeds(layout, "get", "serviceaccount", "default"), 60)
    named["coredns"].until(lambda: names_ready(layout), 60)


def nodes_ready(layout: Layout) -> bool:
    return kubectl(layout, "get", "nodes").stdout.count(" Ready ") == layout.size


def names_ready(layout: Layout) -> bool:
    """Tell whether CoreDNS listens on its node."""
    try:
        socket.create_connection((layout.address(1), 53), 1).close()
    except OSError:
        return False
    return True


def succeeds(layout: Layout, *arguments: str) -> bool:
    return kubectl(layout, *arguments).returncode == 0
