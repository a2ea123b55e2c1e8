"""How many replicas an app could have, each with the reason."""

from __future__ import annotations

from dataclasses import dataclass

from cloudkit.model.checks import check_integer

__all__ = ["Advice"]

MOST = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A number of replicas, and what speaks for it.

    Args:
        replicas: How many.
        reason: What they would be: as now, as the load asks for, or the most that fit.
    """

    replicas: int
    reason: str

    def __post_init__(self) -> None:
        check_integer("replicas", self.replicas, 0, MOST)

    def __str__(self) -> str:
        """Return one line, such as ``3: now, 3/3 ready``."""
        return f"{self.replicas}: {self.reason}"
