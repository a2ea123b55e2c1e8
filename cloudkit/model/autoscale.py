"""Between which bounds, and by which measure, the number of replicas follows the load."""

from __future__ import annotations

from dataclasses import dataclass

from cloudkit.model.checks import check_integer
from cloudkit.model.frozen import chosen
from cloudkit.model.quantity import quantity
from cloudkit.model.refusal import refusal

__all__ = ["Autoscale"]

MOST = 10_000  # replicas
MOST_PERCENT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoscale:
    """How many replicas there may be, and what each is to use on average.

    Args:
        min: The fewest.
        max: The most.
        cpu: The wanted use of processor time, in percent of what each replica requests; None does not look at it.
        memory: The wanted use of memory of each replica, such as ``"200Mi"``; None does not look at it.

    >>> Autoscale(min=2, max=10, cpu=70).max
    10
    """

    min: int = 1
    max: int
    cpu: int | None = None
    memory: str | None = None

    __repr__ = chosen

    def __post_init__(self) -> None:
        check_integer("autoscale: min", self.min, 1, MOST)
        check_integer("autoscale: max", self.max, 1, MOST)
        check_integer("autoscale: cpu", self.cpu, 1, MOST_PERCENT, optional=True)
        if self.memory is not None and quantity("autoscale: memory", self.memory) < 1:
            raise refusal("autoscale: memory", self.memory, "at least one byte")
        if self.max < self.min:
            raise refusal("autoscale: max", self.max, f"at least the minimum, {self.min}")
        if self.cpu is None and self.memory is None:
            raise refusal(
                "autoscale", "no measure", "cpu, such as 70 for 70 percent, or memory, such as 200Mi, or both"
            )
