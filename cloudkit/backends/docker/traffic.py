"""What a roll needs of whatever stands in front of an app's replicas."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

__all__ = ["Direct", "Traffic"]


class Traffic(Protocol):
    """Sends requests to replicas, and knows which of them answer."""

    def admit(self, replicas: Mapping[str, str]) -> None:
        """Check these replicas, given as name to address, and send them requests once they answer."""
        ...

    def serving(self, replicas: Mapping[str, str], leaving: Collection[str]) -> frozenset[str]:
        """Return those of these replicas that take requests now; one that was not known is admitted.

        One that drains takes requests again, unless it is ``leaving``: whoever drains it is about to stop it.
        """
        ...

    def trust(self, names: Sequence[str]) -> None:
        """Send these requests while they answer, without waiting for their first answer."""
        ...

    def drain(self, names: Sequence[str], *, deadline: float) -> None:
        """Send these nothing new and return when what they serve has ended, or after ``deadline`` seconds."""
        ...

    def dismiss(self, names: Sequence[str]) -> None:
        """Forget these replicas."""
        ...

    def settle(self) -> None:
        """Lead nobody any more by ports that only the revision before had."""
        ...


class Direct:
    """No balancer: an app that listens on nothing is ready while it runs."""

    def admit(self, replicas: Mapping[str, str]) -> None:
        """Have nothing to do."""

    def serving(self, replicas: Mapping[str, str], leaving: Collection[str]) -> frozenset[str]:  # noqa: ARG002  # none drains
        """Return all of them."""
        return frozenset(replicas)

    def trust(self, names: Sequence[str]) -> None:
        """Have nothing to send."""

    def drain(self, names: Sequence[str], *, deadline: float) -> None:
        """Have nothing to wait for."""

    def dismiss(self, names: Sequence[str]) -> None:
        """Have nothing to forget."""

    def settle(self) -> None:
        """Lead nobody anyway."""
