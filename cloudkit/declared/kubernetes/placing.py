"""Where a pod may run, as options."""

from __future__ import annotations

from collections.abc import Iterator

from cloudkit.declared.fields import Fields
from cloudkit.model.placement import Affinity, Spread, Toleration

__all__ = ["placed"]

_NAME = "app.kubernetes.io/name"
_TOPOLOGIES = {"kubernetes.io/hostname": "node", "topology.kubernetes.io/zone": "zone"}
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def placed(pod: Fields) -> dict[str, object]:
    """Return the placement of a pod."""
    affinity = pod.part("affinity")
    return {
        "node": {str(key): str(value) for key, value in pod.mapping("nodeSelector").items()},
        "near": list(_affinities(affinity.part("podAffinity"))),
        "apart": list(_affinities(affinity.part("podAntiAffinity"))),
        "spread": [_spread(one) for one in pod.parts("topologySpreadConstraints")],
        "tolerate": [_toleration(one) for one in pod.parts("tolerations")],
    }


def _affinities(fields: Fields) -> Iterator[Affinity]:
    for one in fields.parts(_REQUIRED):
        yield from _affinity(one, required=True)
    for one in fields.parts(_PREFERRED):
        one.take("weight")
        yield from _affinity(one.part("podAffinityTerm"), required=False)


def _affinity(term: Fields, *, required: bool) -> Iterator[Affinity]:
    """Yield the affinity of a term that names an app by its label."""
    labels = term.part("labelSelector").mapping("matchLabels")
    app = labels.get(_NAME) or labels.get("app")
    per = term.text("topologyKey") or ""
    if app is None:
        term.part("labelSelector").leave("matchLabels")
        return
    yield Affinity(app=str(app), per=_TOPOLOGIES.get(per, per), required=required)


def _spread(one: Fields) -> Spread:
    one.take("labelSelector")
    per = one.text("topologyKey") or ""
    required = one.take("whenUnsatisfiable") == "DoNotSchedule"
    return Spread(per=_TOPOLOGIES.get(per, per), skew=int(one.take("maxSkew") or 1), required=required)


def _toleration(one: Fields) -> Toleration:
    seconds, value = one.take("tolerationSeconds"), one.text("value")
    exists = one.text("operator") == "Exists"
    return Toleration(
        key=one.text("key") or "",
        value=None if exists else value or "",
        effect=one.text("effect") or "",  # type: ignore[arg-type]  # it checks its values itself
        seconds=None if seconds is None else float(seconds),
    )
