"""Placement and autoscaling in one line each, as they are typed at a prompt.

::

    affinity   = APP [ "by" PER ] [ "preferred" ]
    spread     = PER [ "skew" NUMBER ] [ "required" ]
    toleration = [ KEY [ "=" VALUE ] ] [ ":" EFFECT ] [ "for" SPAN ]
    autoscale  = [ MIN "-" ] MAX { "cpu" PERCENT [ "%" ] | "memory" AMOUNT }
    PER        = "node" | "zone" | LABEL
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cloudkit.model.autoscale import Autoscale
from cloudkit.model.convert import integer, pairs, several
from cloudkit.model.duration import seconds
from cloudkit.model.frozen import changed
from cloudkit.model.placement import Affinity, Spread, Toleration
from cloudkit.model.refusal import refusal

__all__ = ["affinities", "autoscale", "devices", "spreads", "tolerations"]

LONGEST_LINE = 1000
_AFFINITY = re.compile(r"(?P<app>\S++)(?: ++by ++(?P<per>\S++))?(?P<preferred> ++preferred)?")
_SPREAD = re.compile(r"(?P<per>\S++)(?: ++skew ++(?P<skew>[0-9]{1,6}+))?(?P<required> ++required)?")
_TOLERATION = re.compile(
    r"(?P<key>[^\s=:]++)?(?:=(?P<value>[^\s:]*+))?(?::(?P<effect>[A-Za-z]++))?(?: ++for ++(?P<span>\S++))?"
)
_BOUNDS = re.compile(r"(?:(?P<min>[0-9]{1,6}+) *+- *+)?(?P<max>[0-9]{1,6}+)")
_MEASURE = re.compile(r" ++(?:cpu ++(?P<cpu>[0-9]{1,6}+)%?|memory ++(?P<memory>\S++))")


def affinities(option: str, value: object) -> tuple[Affinity, ...]:
    """Read nearness to apps, or distance from them.

    >>> affinities("near", ["db", "cache by zone preferred"])
    (Affinity(app='db'), Affinity(app='cache', per='zone', required=False))
    """
    return tuple(_affinity(option, item) for item in several(option, value))


def spreads(option: str, value: object) -> tuple[Spread, ...]:
    """Read how replicas are spread.

    >>> spreads("spread", "zone skew 2")
    (Spread(per='zone', skew=2),)
    """
    return tuple(_spread(option, item) for item in several(option, value))


def tolerations(option: str, value: object) -> tuple[Toleration, ...]:
    """Read which taints keep nobody away.

    >>> tolerations("tolerate", ["gpu=yes:NoSchedule", ":NoExecute for 30s"])[1]
    Toleration(effect='NoExecute', seconds=30.0)
    """
    return tuple(_toleration(option, item) for item in several(option, value))


def devices(option: str, value: object) -> dict[str, int]:
    """Read how many of each device.

    >>> devices("devices", "nvidia.com/gpu=1")
    {'nvidia.com/gpu': 1}
    """
    return {name: integer(f"{option}: {name}", count) for name, count in pairs(option, value).items()}


def autoscale(option: str, value: object) -> Autoscale:
    """Read the bounds and the measure of an app that follows its load.

    >>> autoscale("autoscale", "2-10 cpu 70%")
    Autoscale(min=2, max=10, cpu=70)
    """
    if isinstance(value, Autoscale):
        return value
    line = _line(option, value, "2-10 cpu 70% or 2-10 memory 200Mi")
    bounds = _BOUNDS.match(line)
    rest, measures = line[bounds.end() :] if bounds else line, dict[str, object]()
    while (match := _MEASURE.match(rest)) is not None:
        measures |= {name: text for name, text in match.groupdict().items() if text is not None}
        rest = rest[match.end() :]
    if bounds is None or rest:
        raise refusal(option, value, "2-10 cpu 70% or 2-10 memory 200Mi")
    cpu = {"cpu": int(str(measures["cpu"]))} if "cpu" in measures else {}
    whole: Mapping[str, object] = measures | cpu | {"min": int(bounds["min"] or 1), "max": int(bounds["max"])}
    return Autoscale(**whole)  # type: ignore[arg-type]  # it checks its values itself


def _affinity(option: str, value: object) -> Affinity:
    if isinstance(value, Affinity):
        return value
    allowed = "an app's name, then 'by zone' and 'preferred' where meant"
    match = _AFFINITY.fullmatch(_line(option, value, allowed))
    if match is None:
        raise refusal(option, value, allowed)
    return Affinity(app=match["app"], per=match["per"] or "node", required=match["preferred"] is None)


def _spread(option: str, value: object) -> Spread:
    if isinstance(value, Spread):
        return value
    allowed = "node, zone or a label's key, then 'skew 2' and 'required' where meant"
    match = _SPREAD.fullmatch(_line(option, value, allowed))
    if match is None:
        raise refusal(option, value, allowed)
    return Spread(per=match["per"], skew=int(match["skew"] or 1), required=match["required"] is not None)


def _toleration(option: str, value: object) -> Toleration:
    if isinstance(value, Toleration):
        return value
    allowed = "gpu, gpu=yes, gpu=yes:NoSchedule or gpu:NoExecute for 30s"
    match = _TOLERATION.fullmatch(_line(option, value, allowed))
    if match is None:
        raise refusal(option, value, allowed)
    found = {"key": match["key"] or "", "value": match["value"], "effect": match["effect"] or ""}
    span = {"seconds": seconds(option, match["span"])} if match["span"] else {}
    return changed(Toleration(), found | span)


def _line(option: str, value: object, allowed: str) -> str:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= LONGEST_LINE:
        raise refusal(option, value, allowed)
    return value.strip()
