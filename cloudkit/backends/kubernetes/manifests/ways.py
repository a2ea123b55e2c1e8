"""How an app's ports are found while its replicas listen on other ones than before: by names that stay; pure.

A Service looks a named port up in each pod by itself. So a port that is given another number keeps its name, and one
Service leads to old and new replicas alike, each where it listens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cloudkit.backends.kubernetes.objects import Service
from cloudkit.backends.moved import moved_ports

__all__ = ["Ways", "left_over", "port_name", "port_names"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What besides its spec says how an app is reached.

    Args:
        names: What its ports are called in its pods, by number; one that is not here is called by its number. An empty
            name is that of a port which adopted pods have no name for: it is found by its number.
        leaving: Ports of the revision before, under which the app is reached until the last replica of it has gone:
            what they lead to in the pods, by number.
        node_ports: The ports of the nodes that the cluster has chosen, by the names of what they lead to.
        other: True where a Service of the app's name is somebody else's and stays, so that the app has none of its own.
    """

    names: Mapping[int, str] = field(default_factory=dict)
    leaving: Mapping[int, int | str] = field(default_factory=dict)
    node_ports: Mapping[str, int] = field(default_factory=dict)
    other: bool = False

    def name(self, number: int) -> str:
        """Return what a port is called in the pods; empty where it has no name there."""
        return self.names.get(number, port_name(number))

    def target(self, number: int) -> int | str:
        """Return what a Service finds a port by."""
        return self.name(number) or number


def port_name(number: int) -> str:
    """Return what a port is called in a Service, and in pods unless it had another number before.

    >>> port_name(3000)
    'port-3000'
    """
    return f"port-{number}"


def port_names(before: Mapping[int, str], wanted: Sequence[int]) -> dict[int, str]:
    """Return what ports are called in new pods: one that takes the place of another has that one's name.

    Args:
        before: What the ports are called in the pods that are there, in order.
        wanted: The ports of the new ones, in order.

    >>> port_names({3000: "port-3000"}, [8080])
    {8080: 'port-3000'}
    >>> port_names({8080: "port-3000"}, [8080, 3000])
    {8080: 'port-3000', 3000: 'port-3000-2'}
    >>> port_names({3000: ""}, [8080])
    {8080: 'port-8080'}
    """
    names = {
        number: before[old] for number, old in moved_ports(list(before), wanted).items() if before[old] or number == old
    }
    for number in wanted:
        if number not in names:
            names[number] = _unused(port_name(number), names.values())
    return names


def left_over(services: Iterable[Service], app: str, wanted: Iterable[int]) -> dict[int, int | str]:
    """Return the ports that a roll of an app whose caller has gone has left in its Service."""
    numbers = frozenset(wanted)
    ports = (port for one in services if one.metadata.name == app for port in one.spec.ports)
    return {
        port.port: port.target_port for port in ports if port.port not in numbers and port.name == port_name(port.port)
    }


def _unused(name: str, taken: Iterable[str]) -> str:
    names = frozenset(taken)
    return next(one for one in (name, *(f"{name}-{number}" for number in range(2, 1000))) if one not in names)
