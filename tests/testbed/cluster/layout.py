"""The names and addresses of a cluster: all follow from the number of the slot that it holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOT", "SLOTS", "Layout"]

ROOT = Path("/var/lib/cloudkit-testbed")  # root's alone to write; on a disk, as images and volumes are kept below
SLOTS = 16


@dataclass(frozen=True)
class Layout:
    """The cluster in a slot. Node 1 has the control plane; node 0 stands for the network namespace around the nodes.

    >>> Layout(2).address(1), Layout(2).pods(1), Layout(2).network(1)
    ('10.200.2.2', '10.130.1.0/24', 'ckc2-node1')
    """

    slot: int
    size: int = 2

    @property
    def folder(self) -> Path:
        """Everything that the cluster writes is below it, and goes with it."""
        return ROOT / f"cluster-{self.slot}"

    @property
    def lock(self) -> Path:
        """The file that whoever runs the cluster holds a lock on."""
        return ROOT / f"cluster-{self.slot}.lock"

    @property
    def kubeconfig(self) -> Path:
        """The file that the cluster's administrator connects by."""
        return self.folder / "admin.kubeconfig"

    @property
    def nodes(self) -> range:
        """The numbers of the nodes."""
        return range(1, self.size + 1)

    @property
    def bridge(self) -> str:
        """The interface that joins the nodes."""
        return f"ckc{self.slot}"

    @property
    def subnet(self) -> str:
        """The range of the nodes' addresses."""
        return f"10.200.{self.slot}.0/24"

    @property
    def pod_range(self) -> str:
        """The range of the addresses of all pods."""
        return f"10.{128 + self.slot}.0.0/16"

    @property
    def service_range(self) -> str:
        """The range of the Services' addresses."""
        return f"10.{160 + self.slot}.0.0/16"

    @property
    def server(self) -> str:
        """Where the API server answers."""
        return f"https://{self.address(1)}:6443"

    def address(self, node: int) -> str:
        """Return a node's address; that of node 0 is the bridge's own."""
        return f"10.200.{self.slot}.{node + 1}"

    def pods(self, node: int) -> str:
        """Return the range of the addresses of a node's pods."""
        return f"10.{128 + self.slot}.{node}.0/24"

    def service(self, last: int) -> str:
        """Return the address of a Service of the cluster itself: 1 is the API server's, 10 is DNS."""
        return f"10.{160 + self.slot}.0.{last}"

    def network(self, node: int) -> str:
        """Return the name of a node's network namespace."""
        return f"{self.bridge}-node{node}"
