"""Where an app's pods may run, in the scheduler's words."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from cloudkit.backends.kubernetes.manifests.heading import selector
from cloudkit.model.app import AppSpec
from cloudkit.model.placement import Affinity, Spread, Toleration

__all__ = ["pod_placement"]

_TOPOLOGIES = {"node": "kubernetes.io/hostname", "zone": "topology.kubernetes.io/zone"}
HEAVIEST = 100  # of what is preferred


def pod_placement(spec: AppSpec) -> dict[str, Any]:
    """Return the parts of a pod that say where it may run; those that are not asked for are left out.

    Source: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
    """
    placement = spec.placement
    affinity = {"podAffinity": _terms(placement.near), "podAntiAffinity": _terms(placement.apart)}
    parts: dict[str, Any] = {
        "nodeSelector": dict(placement.nodes),
        "affinity": {name: terms for name, terms in affinity.items() if terms},
        "topologySpreadConstraints": [_spread(spec.name, one) for one in placement.spread],
        "tolerations": [_toleration(one) for one in placement.tolerations],
    }
    return {name: part for name, part in parts.items() if part}


def _terms(affinities: Iterable[Affinity]) -> dict[str, Any]:
    required = [_term(one) for one in affinities if one.required]
    preferred = [{"weight": HEAVIEST, "podAffinityTerm": _term(one)} for one in affinities if not one.required]
    terms = {
        "requiredDuringSchedulingIgnoredDuringExecution": required,
        "preferredDuringSchedulingIgnoredDuringExecution": preferred,
    }
    return {name: some for name, some in terms.items() if some}


def _term(affinity: Affinity) -> dict[str, Any]:
    return {"labelSelector": {"matchLabels": selector(affinity.app)}, "topologyKey": _topology(affinity.per)}


def _spread(app: str, spread: Spread) -> dict[str, Any]:
    return {
        "maxSkew": spread.skew,
        "topologyKey": _topology(spread.per),
        "whenUnsatisfiable": "DoNotSchedule" if spread.required else "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector(app)},
    }


def _toleration(toleration: Toleration) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "key": toleration.key,
        "operator": "Exists" if toleration.value is None else "Equal",
        "value": toleration.value,
        "effect": toleration.effect,
    }
    span = {} if toleration.seconds is None else {"tolerationSeconds": math.ceil(toleration.seconds)}
    return {name: part for name, part in parts.items() if part} | span


def _topology(per: str) -> str:
    return _TOPOLOGIES.get(per, per)
