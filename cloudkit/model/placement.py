"""On which nodes replicas may run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cloudkit.model.checks import (
    check_choice,
    check_flag,
    check_integer,
    check_number,
    check_text,
    check_tuple,
    check_unique,
    freeze,
    name_of,
)
from cloudkit.model.frozen import chosen
from cloudkit.model.names import check_name
from cloudkit.model.refusal import refusal

__all__ = ["Affinity", "Placement", "Spread", "Toleration"]

EFFECTS = ("", "NoSchedule", "PreferNoSchedule", "NoExecute")
MOST_DEVICES = 1024
LONGEST = 7 * 86_400.0  # seconds
_KEY = re.compile(r"(?:[a-z0-9]++(?:[.-]++[a-z0-9]++)*+/)?+[A-Za-z0-9]++(?:[-_.]++[A-Za-z0-9]++)*+")
_VALUE = re.compile(r"(?:[A-Za-z0-9]++(?:[-_.]++[A-Za-z0-9]++)*+)?+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Affinity:
    """Nearness to an app's replicas, or distance from them.

    Args:
        app: Whose replicas; the app's own name for those beside each other.
        per: What they share or do not share: ``node``, ``zone``, or a label that nodes have.
        required: False only prefers it.
    """

    app: str
    per: str = "node"
    required: bool = True

    __repr__ = chosen

    def __post_init__(self) -> None:
        check_name("affinity: app", self.app)
        check_text("affinity: per", self.per, _KEY, "node, zone, or a label's key", limit=317)
        check_flag("affinity: required", self.required)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How evenly replicas are spread.

    Args:
        per: Over what: ``node``, ``zone``, or a label that nodes have.
        skew: How many more replicas one may have than another.
        required: True leaves a replica pending rather than uneven.
    """

    per: str = "node"
    skew: int = 1
    required: bool = False

    __repr__ = chosen

    def __post_init__(self) -> None:
        check_text("spread: per", self.per, _KEY, "node, zone, or a label's key", limit=317)
        check_integer("spread: skew", self.skew, 1, 10_000)
        check_flag("spread: required", self.required)


@dataclass(frozen=True, slots=True, kw_only=True)
class Toleration:
    """A taint of nodes that keeps these replicas away no longer.

    Args:
        key: The taint's key; empty is every taint.
        value: The taint's value; None is any.
        effect: The taint's effect; empty is every one.
        seconds: How long a ``NoExecute`` taint is tolerated; None is for ever.
    """

    key: str = ""
    value: str | None = None
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = ""
    seconds: float | None = None

    __repr__ = chosen

    def __post_init__(self) -> None:
        if self.key:
            check_text("toleration: key", self.key, _KEY, "a label's key", limit=317)
        check_text("toleration: value", self.value, _VALUE, "a label's value", limit=63, optional=True)
        check_choice("toleration: effect", self.effect, EFFECTS)
        if self.seconds is not None:
            check_number("toleration: seconds", self.seconds, 0, LONGEST)
        if self.seconds is not None and self.effect != "NoExecute":
            raise refusal("toleration: effect", self.effect, "NoExecute where seconds are given")
        if self.value is not None and not self.key:
            raise refusal("toleration: key", self.key, "a key where a value is given")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Which nodes may run the replicas of an app.

    Args:
        nodes: The labels that a node must have.
        near: The apps that must be there, too.
        apart: The apps that must not be there.
        spread: How evenly they are spread.
        tolerations: The taints that do not keep them away.
        devices: What each replica needs of extended resources, such as ``{"nvidia.com/gpu": 1}``.
    """

    nodes: Mapping[str, str] = field(default_factory=dict, hash=False)
    near: tuple[Affinity, ...] = ()
    apart: tuple[Affinity, ...] = ()
    spread: tuple[Spread, ...] = ()
    tolerations: tuple[Toleration, ...] = ()
    devices: Mapping[str, int] = field(default_factory=dict, hash=False)

    __repr__ = chosen

    def __post_init__(self) -> None:
        object.__setattr__(self, "nodes", freeze("nodes", self.nodes, _check_label))
        object.__setattr__(self, "devices", freeze("devices", self.devices, _check_device))
        for name, kind in (("near", Affinity), ("apart", Affinity), ("spread", Spread), ("tolerations", Toleration)):
            check_tuple(name, getattr(self, name), kind)
            check_unique(name, getattr(self, name))


def _check_label(key: object, value: object) -> None:
    check_text("nodes: key", key, _KEY, "a label's key", limit=317)
    check_text(name_of("nodes", str(key)), value, _VALUE, "a label's value", limit=63)


def _check_device(key: object, value: object) -> None:
    check_text("devices: name", key, _KEY, "a name such as nvidia.com/gpu", limit=317)
    check_integer(name_of("devices", str(key)), value, 1, MOST_DEVICES)
