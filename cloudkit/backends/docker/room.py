"""How many replicas an engine's machine has memory for: pure."""

from __future__ import annotations

from collections.abc import Iterator

from cloudkit.model.advice import Advice
from cloudkit.model.app import AppSpec
from cloudkit.model.quantity import memory_bytes

__all__ = ["bounds"]


def bounds(spec: AppSpec, memory: int) -> Iterator[Advice]:
    """Yield the most replicas that fit into a machine of so many bytes; none where a replica has no limit.

    >>> from cloudkit.model.reference import Reference
    >>> from cloudkit.model.resources import Resources
    >>> spec = AppSpec(name="web", image=Reference.parse("web:1"), resources=Resources(memory="1Gi"))
    >>> print(*bounds(spec, 8 * 2**30))
    8: most that fit, the machine's memory holds so many of 1Gi each
    """
    limit = spec.resources.memory
    if limit is not None:
        reason = f"most that fit, the machine's memory holds so many of {limit} each"
        yield Advice(replicas=memory // memory_bytes(limit), reason=reason)
