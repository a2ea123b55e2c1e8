"""What an object that makes pods says beside their template, as a spec has it: pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from cloudkit.backends.adopting.fields import Fields
from cloudkit.model.rollout import Rollout

__all__ = ["how_it_rolls"]

_LONGEST = 86_400.0  # seconds of a rollout's deadline
_RETAINED = {"whenDeleted": "Retain", "whenScaled": "Retain"}


def how_it_rolls(resource: str, body: Mapping[str, Any], lost: list[str]) -> tuple[int, Rollout]:
    """Return the number of replicas and how they are replaced.

    Args:
        resource: The object's collection.
        body: The object.
        lost: Gets what no spec can say.
    """
    if resource == "pods":
        return 1, Rollout()
    spec = Fields(body["spec"], "spec", lost)
    spec.ignore("selector", "template", "revisionHistoryLimit", "volumeClaimTemplates")
    spec.ignore(podManagementPolicy="OrderedReady", persistentVolumeClaimRetentionPolicy=_RETAINED)
    spec.ignore(serviceName=body["metadata"]["name"])
    replicas = spec.take("replicas", 1)
    deadline = spec.take("progressDeadlineSeconds")
    rolling = _rolling(spec, resource, replicas)
    spec.close()
    rollout = Rollout(**rolling)
    if deadline and resource == "deployments":
        rollout = Rollout(**rolling, deadline=min(float(deadline), _LONGEST))
    return (1 if resource == "daemonsets" else replicas), rollout


def _rolling(spec: Fields, resource: str, replicas: int) -> dict[str, int]:
    """Return how many more and fewer there may be meanwhile."""
    strategy = spec.part("strategy" if resource == "deployments" else "updateStrategy")
    kind, rolling = strategy.take("type"), strategy.part("rollingUpdate")
    if kind == "Recreate":
        return {"max_surge": 0, "max_unavailable": max(1, replicas)}
    if kind == "OnDelete":
        strategy.lose("type", "nothing rolls until it is deleted")
    surge, missing = rolling.take("maxSurge"), rolling.take("maxUnavailable")
    rolling.close()
    strategy.close()
    if surge is None and missing is None:
        return {}
    more, fewer = _number(surge or 0, replicas, math.ceil), _number(missing or 0, replicas, math.floor)
    return {"max_surge": more, "max_unavailable": fewer if more or fewer else 1}


def _number(text: int | str, replicas: int, rounded: Any) -> int:
    """Return a number that may be a percentage of the replicas.

    >>> _number("25%", 3, math.ceil), _number(2, 3, math.floor)
    (1, 2)
    """
    if isinstance(text, int):
        return text
    return int(rounded(int(text.rstrip("%")) * replicas / 100))
