"""What the twin runs beside its apps: containers that somebody has placed there, and how they become apps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudkit.backends.adopting.exchange import Found
from cloudkit.backends.adopting.saying import hidden
from cloudkit.errors import ConflictError, NotFoundError, UsageError
from cloudkit.model.secret import Secret
from cloudkit.model.workload import Workload

if TYPE_CHECKING:
    from cloudkit.backends.memory.record import Record
    from cloudkit.backends.memory.world import World

__all__ = ["NOBODYS", "find_placed", "placed_workloads"]

NOBODYS = ""
"""The namespace of what no cloudkit has made."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A container that somebody has placed."""

    world: World
    record: Record
    running: bool

    @property
    def name(self) -> str:
        """Its name."""
        return self.record.app[1]

    def stop(self) -> None:
        """Stop it, so that its port is free."""
        with self.world.clock.lock:
            self.world.faults.step()
            for one in self.record.containers:
                one.stop()
            self.record.published = {}

    def start(self) -> None:
        """Let it run again."""
        with self.world.clock.lock:
            self.world.faults.step()
            self.world.publish(self.record)
            for one in self.record.containers:
                one.start()

    def remove(self) -> None:
        """Stop and remove it."""
        self.stop()
        with self.world.clock.lock:
            self.world.faults.step()
            self.world.records.pop(self.record.app, None)


def placed_workloads(world: World) -> Iterator[Workload]:
    """Yield a row for each container that somebody has placed."""
    for (space, name), record in sorted(world.records.items()):
        if space == NOBODYS:
            yield Workload(
                kind="container",
                name=name,
                ready=sum(one.serving for one in record.containers),
                images=(record.spec.image.familiar,),
                owner=world.keepers.get(name, ""),
                observed_at=world.clock.now,
            )


def find_placed(world: World, workload: str, name: str | None) -> Found:
    """Return a container by its kind and name, and what it becomes.

    Raises:
        ConflictError: Somebody else keeps it.
        NotFoundError: It is not there.
        UsageError: It is no kind and name.
    """
    kind, slash, own = workload.partition("/")
    if not slash or not own or kind != "container":
        message = f"cannot tell what {workload!r} is; allowed is a kind and a name, such as container/old"
        raise UsageError(message, hint="cloudkit workloads")
    record = world.records.get((NOBODYS, own))
    if record is None:
        raise NotFoundError(f"there is no container {own!r}", hint="cloudkit workloads")
    keeper = world.keepers.get(own, "")
    if keeper:
        message = f"{workload} is kept by {keeper}, which would make it again"
        raise ConflictError(message, hint=f"have {keeper} let go of it")
    env = {key: _hidden(key, value) for key, value in record.spec.env.items()}
    running = any(one.running for one in record.containers)
    return Found(old=_Placed(world, record, running), spec=record.spec.replace(name=name or own, env=env))


def _hidden(name: str, value: str | Secret) -> str | Secret:
    return value if isinstance(value, Secret) else hidden(name, value)
