"""Test automation that uses cloudkit in milliseconds: a cloud in memory, its clock, its programs, its faults.

>>> from cloudkit.testing import Program, cloud, world_of
>>> memory = cloud()
>>> world = world_of(memory)
>>> _ = world.program("shop:1", Program(starts=2, answer=lambda request: "hello"))
>>> shop = memory.deploy("shop", "shop:1", port=8080, replicas=2)
>>> memory.backend.request("shop").body
'hello'
>>> world.faults.lose(shop.status().replicas[0].name)
>>> shop.status().ready
1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudkit.backends.memory.backend import MemoryBackend
from cloudkit.backends.memory.clock import Clock
from cloudkit.backends.memory.commands import Execution, execute
from cloudkit.backends.memory.faults import Faults, Killed
from cloudkit.backends.memory.load import Load
from cloudkit.backends.memory.program import Program, Request, Response
from cloudkit.backends.memory.world import World
from cloudkit.errors import UsageError

if TYPE_CHECKING:
    from cloudkit.cloud import Cloud

__all__ = [
    "Clock",
    "Execution",
    "Faults",
    "Killed",
    "Load",
    "MemoryBackend",
    "Program",
    "Request",
    "Response",
    "World",
    "cloud",
    "execute",
    "twin",
    "world_of",
]


def twin(*, namespace: str = "cloudkit", world: World | None = None) -> MemoryBackend:
    """Return a backend in memory; over the same world it is a second process on the same engine.

    >>> first = twin()
    >>> twin(world=first.world).apps()
    ()
    """
    return MemoryBackend(namespace=namespace, world=world)


def cloud(*, namespace: str = "cloudkit", world: World | None = None) -> Cloud:
    """Return a cloud in memory; over the same world it sees the same apps.

    >>> cloud().deploy("web", "web:1", replicas=3).status().ready
    3
    """
    from cloudkit.cloud import Cloud

    return Cloud(twin(namespace=namespace, world=world), namespace=namespace)


def world_of(cloud: Cloud) -> World:
    """Return the world of a cloud in memory: its clock, its programs, its faults.

    Raises:
        UsageError: The cloud is on a real engine.

    >>> world_of(cloud()).clock.seconds
    0.0
    """
    backend = cloud.backend
    if not isinstance(backend, MemoryBackend):
        raise UsageError(f"a world is in memory, and this cloud is on {backend.name}", hint='Cloud("memory")')
    return backend.world
