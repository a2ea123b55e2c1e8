"""A bridge, and a network namespace on it for each node.

The bridge is in the namespace of whoever starts the cluster: with the engine's test bed around it that is the
engine's, so that a test reaches engine, registry, API server and node ports alike. What the nodes set in the firewall
is theirs alone, and goes with their namespaces.
"""

from __future__ import annotations

from testbed.cluster.layout import Layout
from testbed.network import FORWARDING, inside, must, shell

__all__ = ["make_networks", "networks", "remove_networks"]


def make_networks(layout: Layout) -> None:
    """Make the bridge and the nodes' namespaces, with routes to the pods of each."""
    must(f"ip link add {layout.bridge} type bridge")
    must(f"ip addr add {layout.address(0)}/24 dev {layout.bridge}")
    must(f"ip link set {layout.bridge} up")
    for node in layout.nodes:
        make_node(layout, node)
    for node in layout.nodes:
        must(f"ip route add {layout.pods(node)} via {layout.address(node)}")
        for other in layout.nodes:
            if other != node:
                must(f"ip -n {layout.network(node)} route add {layout.pods(other)} via {layout.address(other)}")
    if FORWARDING.read_text().strip() == "0":
        FORWARDING.write_text("1")
    for rule in rules(layout):
        must(f"iptables -w -I {rule}")


def make_node(layout: Layout, node: int) -> None:
    """Make a node's namespace, joined to the bridge."""
    name, outer = layout.network(node), f"{layout.bridge}n{node}"
    must(f"ip netns add {name}")
    must(f"ip link add {outer} type veth peer name eth0 netns {name}")
    must(f"ip link set {outer} master {layout.bridge} up")
    must(f"ip -n {name} addr add {layout.address(node)}/24 dev eth0")
    must(f"ip -n {name} link set eth0 up")
    must(f"ip -n {name} link set lo up")
    must(f"ip -n {name} route add default via {layout.address(0)}")
    must(" ".join(inside(name, "sysctl", "-qw", "net.ipv4.ip_forward=1")))


def rules(layout: Layout) -> tuple[str, ...]:
    """Return the rules that let the nodes out, past the engine's own that drop what it does not know."""
    return (
        f"POSTROUTING -t nat -s {layout.subnet} ! -o {layout.bridge} -j MASQUERADE",
        f"FORWARD -i {layout.bridge} -j ACCEPT",
        f"FORWARD -o {layout.bridge} -j ACCEPT",
    )


def remove_networks(layout: Layout) -> None:
    """Remove what is there of the cluster's networks.

    The interfaces go by name: connections whose end is gone keep a namespace for minutes after its own name went.
    """
    for name in networks(layout):
        shell(f"ip netns del {name}")
    for interface in (*(f"{layout.bridge}n{node}" for node in layout.nodes), layout.bridge):
        if not shell(f"ip link show {interface}").returncode:
            shell(f"ip link del {interface}")
    for rule in rules(layout):
        while not shell(f"iptables -w -D {rule}").returncode:
            pass


def networks(layout: Layout) -> list[str]:
    """Return the names of the nodes' namespaces that are there."""
    return [name for name in shell("ip netns list").stdout.split() if name.startswith(f"{layout.bridge}-node")]
