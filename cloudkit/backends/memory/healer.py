"""The twin in the hands of the one that heals; its engine asks liveness probes itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cloudkit.backends.memory.backend import MemoryBackend
from cloudkit.backends.memory.crons import Crons
from cloudkit.backends.memory.world import World
from cloudkit.errors import UnsupportedError
from cloudkit.model.probe import Probe
from cloudkit.model.state import AppState, Replica

__all__ = ["MemoryHealer"]


class MemoryHealer(MemoryBackend):
    """Heals on the world's clock, one app after the other.

    Args:
        namespace: Whose apps.
        world: Where.
        holder: Who it is.
    """

    parallel = 1
    asks = False

    def __init__(self, *, namespace: str, world: World, holder: str) -> None:
        super().__init__(namespace=namespace, world=world)
        self._holder = holder

    @property
    def seconds(self) -> float:
        """The world's clock."""
        return self.world.clock.seconds

    @property
    def held(self) -> bool:
        """False once the world knows another."""
        return self.world.healers.get(self.namespace) is self._holder

    def probe(self, state: AppState, replica: Replica, probe: Probe) -> str:  # noqa: ARG002  # nobody asks
        """Refuse: the engine of the twin does it."""
        raise UnsupportedError("the twin's engine asks liveness probes itself", capability="liveness")

    def tend(self, name: str) -> Sequence[str]:
        """Carry on the runs whose caller was killed; what is due the engine of the twin begins itself, and once."""
        record = self.world.records.get((self.namespace, name))
        return Crons(self.world).carry_on(record) if record is not None else ()

    def condemn(self, replicas: Collection[str]) -> None:
        """Have nothing to do: the engine of the twin restarts what does not live."""
