"""How a new revision takes the place of the old one."""

from __future__ import annotations

from dataclasses import dataclass

from cloudkit.model.checks import check_integer, check_number
from cloudkit.model.frozen import chosen
from cloudkit.model.refusal import refusal

__all__ = ["Rollout"]

MOST = 10_000  # replicas


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """How replicas are replaced; the words are Kubernetes' own.

    Args:
        max_surge: How many replicas more than wanted may run during the roll.
        max_unavailable: How many replicas fewer than wanted may be ready during the roll.
        deadline: Seconds without any progress after which the roll has failed.
        drain: Seconds that a replica's requests in flight may take before it is stopped.
    """

    max_surge: int = 1
    max_unavailable: int = 0
    deadline: float = 300.0
    drain: float = 30.0

    __repr__ = chosen

    def __post_init__(self) -> None:
        check_integer("max_surge", self.max_surge, 0, MOST)
        check_integer("max_unavailable", self.max_unavailable, 0, MOST)
        check_number("deadline", self.deadline, 1, 86_400)
        check_number("drain", self.drain, 0, 3600)
        if not self.max_surge and not self.max_unavailable:
            raise refusal("max_unavailable", 0, "1 or more where max_surge is 0, as no replica could be replaced else")
