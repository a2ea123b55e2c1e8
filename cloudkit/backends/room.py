"""What a backend that knows its bounds can say: how many replicas of an app fit at the most, and what bounds them."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from cloudkit.model.advice import Advice
from cloudkit.model.app import AppSpec

__all__ = ["Roomy"]


@runtime_checkable
class Roomy(Protocol):
    """A backend that knows how much fits."""

    def room(self, spec: AppSpec, replicas: int) -> tuple[Advice, ...]:
        """Return the most replicas that fit, by each bound that there is.

        Args:
            spec: What each replica is.
            replicas: How many there are now.
        """
        ...
