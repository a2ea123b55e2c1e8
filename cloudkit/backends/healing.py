"""What a controller needs of an engine that has none of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, runtime_checkable

from cloudkit.backends.protocol import Backend
from cloudkit.model.probe import Probe
from cloudkit.model.state import AppState, Replica

__all__ = ["Healable", "Healer"]


@runtime_checkable
class Healable(Protocol):
    """An engine on which somebody has to heal what its apps have lost."""

    @property
    def now(self) -> datetime:
        """The present moment."""
        ...

    def heal(self, holder: str) -> AbstractContextManager[Healer]:
        """Become the one that heals this namespace, while the block lasts and the process lives.

        Args:
            holder: Who it is, for others to read.

        Raises:
            ConflictError: Somebody else is; the error says who.
        """
        ...

    def rest(self, seconds: float) -> bool:
        """Let so many seconds pass, or fewer where something happens that is to be looked at, which is True."""
        ...


class Healer(Healable, Backend, Protocol):
    """The backend in the hands of the one that heals."""

    @property
    def seconds(self) -> float:
        """A clock that nobody sets."""
        ...

    @property
    def held(self) -> bool:
        """False once somebody else may be the one that heals; changes are refused from then on."""
        ...

    @property
    def parallel(self) -> int:
        """How many apps are healed at once; with 1 each in its turn, in the caller's own thread."""
        ...

    @property
    def asks(self) -> bool:
        """True where liveness probes are for the controller to ask; False where the engine does."""
        ...

    def tend(self, name: str) -> Sequence[str]:
        """Do what an app's schedule asks for now, and return what that was, in words."""
        ...

    def probe(self, state: AppState, replica: Replica, probe: Probe) -> str:
        """Ask a replica once; return why it fails, an empty text when it passes.

        Raises:
            UnsupportedError: It cannot be asked from here.
            CloudkitError: There was no answer to judge by.
        """
        ...

    def condemn(self, replicas: Collection[str]) -> None:
        """Take these replicas, and no others, for such as are to be replaced; by the engine's identifiers."""
        ...
