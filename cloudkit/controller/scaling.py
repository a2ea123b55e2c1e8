"""How many replicas an app's load asks for, by the formula of Kubernetes' HorizontalPodAutoscaler: pure.

Source: https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#algorithm-details
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cloudkit.model.app import AppSpec
from cloudkit.model.quantity import cpu_cores, memory_bytes
from cloudkit.model.task import Usage

__all__ = ["Recommendations", "proposed"]

TOLERANCE = 0.1  # how far the use may be from what is wanted before anything is changed
WINDOW = 300.0  # seconds in which nobody may have asked for more before replicas are removed
LEAST_RISE, RISE = 4, 2.0  # at once: so many more, or so many times as many, whichever is more


def proposed(spec: AppSpec, replicas: int, usages: Sequence[Usage]) -> int:
    """Return how many replicas the use asks for; the present number where it is near enough to what is wanted.

    Args:
        spec: An app that follows its load.
        replicas: How many there are.
        usages: What those use that take requests; one that is not measured yet is not among them.

    >>> from cloudkit.model.autoscale import Autoscale
    >>> from cloudkit.model.reference import Reference
    >>> from cloudkit.model.resources import Resources
    >>> limits = Resources(cpu="1")
    >>> spec = AppSpec(name="web", image=Reference.parse("web:1"), resources=limits, autoscale=Autoscale(max=9, cpu=50))
    >>> proposed(spec, 3, ())
    3
    """
    numbers = [_asked(replicas, used, target) for used, target in _measures(spec, usages)]
    return max(numbers, default=replicas)


def _measures(spec: AppSpec, usages: Sequence[Usage]) -> Iterator[tuple[Sequence[float], float]]:
    """Yield what is used of each measure, and how much of it is wanted of each replica."""
    wanted, request = spec.autoscale, spec.resources.cpu_request or spec.resources.cpu
    if wanted is None or not usages:
        return
    if wanted.cpu is not None and request is not None:
        yield [one.cpu for one in usages], float(cpu_cores(request)) * wanted.cpu / 100
    if wanted.memory is not None:
        yield [float(one.memory) for one in usages], float(memory_bytes(wanted.memory))


def _asked(replicas: int, used: Sequence[float], target: float) -> int:
    """Return what one measure asks for.

    Those that are not measured are taken for idle where more are asked for, and for as busy as is wanted where fewer
    are, so that a number never changes by what is not known.
    """
    ratio = sum(used) / len(used) / target
    if abs(ratio - 1) <= TOLERANCE:
        return replicas
    unknown = max(0, replicas - len(used))
    whole = (sum(used) + (target * unknown if ratio < 1 else 0.0)) / (len(used) + unknown) / target
    if unknown and (abs(whole - 1) <= TOLERANCE or (whole > 1) is not (ratio > 1)):
        return replicas
    return math.ceil(whole * (len(used) + unknown))


@dataclass(slots=True)
class Recommendations:
    """What the load has asked for lately, so that a short rest takes no replica away.

    Args:
        asked: When, and how many.
    """

    asked: deque[tuple[float, int]] = field(default_factory=deque)

    def settle(self, spec: AppSpec, replicas: int, proposal: int, now: float) -> int:
        """Return how many replicas there are to be now.

        More come at once, but at most four or as many as there are; fewer only once nobody has asked for more for five
        minutes. Whoever begins to look takes the present number for what was asked for until then.

        Args:
            spec: An app that follows its load.
            replicas: How many there are.
            proposal: How many the load asks for.
            now: The time, in seconds.
        """
        autoscale = spec.autoscale
        if autoscale is None:
            return replicas
        if not self.asked:
            self.asked.append((now, replicas))
        self.asked.append((now, proposal))
        while self.asked[0][0] < now - WINDOW:
            self.asked.popleft()
        steady = proposal if proposal > replicas else min(replicas, max(number for _, number in self.asked))
        most = max(replicas + LEAST_RISE, math.floor(replicas * RISE))
        return min(max(min(steady, most), autoscale.min), autoscale.max)
