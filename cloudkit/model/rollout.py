"""How a new revision takes the place of the old one."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Rollout"]


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
