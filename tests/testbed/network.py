"""A network namespace for an engine: its ports, addresses and firewall rules are its own, and go with it.

An engine that starts rewrites the firewall's rules of the namespace it is in. In one of its own it leaves alone the
machine's rules, another engine's, and whatever listens on the machine's ports. What runs inside reaches the outside
through the machine.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

__all__ = ["FORWARDING", "inside", "must", "namespace", "shell"]

FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


def inside(name: str, *command: str) -> list[str]:
    """Return a command as it runs in a namespace."""
    return ["nsenter", f"--net=/run/netns/{name}", *command]


@contextmanager
def namespace(label: str) -> Iterator[str]:
    """Make a network namespace that reaches the outside; yield its name."""
    with ExitStack() as undo:
        index = link(undo)
        name, outer, network = f"ckt{index}-{label}", f"ckt{index}h", f"10.199.{index}"
        shell(f"ip netns del {name}")  # the pair of its number was free: a run that was killed left it
        do(undo, f"ip netns add {name}", f"ip netns del {name}")
        for line in (
            f"ip link set ckt{index}n netns {name}",
            f"ip addr add {network}.1/30 dev {outer}",
            f"ip link set {outer} up",
            f"ip -n {name} addr add {network}.2/30 dev ckt{index}n",
            f"ip -n {name} link set ckt{index}n up",
            f"ip -n {name} link set lo up",
            f"ip -n {name} route add default via {network}.1",
        ):
            do(undo, line)
        outside(undo, outer, f"{network}.0/30")
        yield name


def link(undo: ExitStack) -> int:
    """Make the pair of interfaces with the first number that is free; return the number."""
    for index in range(100):
        if not shell(f"ip link add ckt{index}h type veth peer name ckt{index}n").returncode:
            undo.callback(shell, f"ip link del ckt{index}h")
            return index
    raise RuntimeError("no pair of interfaces could be made: ip link add ... type veth")


def outside(undo: ExitStack, interface: str, subnet: str) -> None:
    """Let a namespace's subnet out, as the machine itself."""
    if FORWARDING.read_text().strip() == "0":
        FORWARDING.write_text("1")  # left so: another run may have come to need it
    for rule in (
        f"POSTROUTING -t nat -s {subnet} ! -o {interface} -j MASQUERADE",
        f"FORWARD -i {interface} -j ACCEPT",
        f"FORWARD -o {interface} -j ACCEPT",
    ):
        do(undo, f"iptables -w -I {rule}", f"iptables -w -D {rule}")


def do(undo: ExitStack, line: str, back: str = "") -> None:
    """Run a command that must succeed, and note the one that takes it back."""
    must(line)
    if back:
        undo.callback(shell, back)


def must(line: str) -> None:
    """Run a command that must succeed."""
    done = shell(line)
    if done.returncode:
        raise RuntimeError(f"{line}: {done.stderr.strip()}")


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """Run a command; its words are those between blanks."""
    return subprocess.run(line.split(), capture_output=True, text=True, check=False)
