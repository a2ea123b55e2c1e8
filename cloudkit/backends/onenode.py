"""Whether the one node of an engine without a scheduler is where an app may run: pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from cloudkit.errors import RolloutError
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode

__all__ = ["OneNode", "refuse_misplaced"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneNode:
    """The machine that everything runs on.

    Args:
        labels: Its labels.
        devices: How many of each device it has; None where it has some but nobody counts them.
        apps: The apps that run on it.
    """

    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    devices: Mapping[str, int | None] = field(default_factory=dict, hash=False)
    apps: Collection[str] = ()


def refuse_misplaced(spec: AppSpec, node: OneNode) -> None:
    """Raise ``RolloutError`` where the node is not one that an app may run on; a stopped app may be anywhere."""
    hurdles = [] if spec.stopped or not spec.replicas else list(_hurdles(spec, node))
    if hurdles:
        summary = f"no node fits {spec.name!r}: the one there is {' and '.join(words for words, _ in hurdles)}"
        cause = Cause(
            code=CauseCode.UNSCHEDULABLE,
            summary=summary,
            evidence=tuple(f"{name}={value}" for name, value in sorted(node.labels.items())),
            fix=f"cloudkit deploy {spec.name} {spec.image.familiar} {hurdles[0][1]}",
        )
        raise RolloutError(f"app {spec.name!r} cannot run: {summary}", cause=cause)


def _hurdles(spec: AppSpec, node: OneNode) -> Iterator[tuple[str, str]]:
    """Yield what keeps an app from the node, and the option that mends it."""
    placement = spec.placement
    for key, value in placement.nodes.items():
        if node.labels.get(key) != value:
            yield f"lacks the label {key}={value}", "--node another label"
    for one in placement.near:
        if one.required and one.app != spec.name and one.app not in node.apps:
            yield f"runs no replica of {one.app!r}", f"--near '{one.app} preferred'"
    for one in placement.apart:
        crowded = spec.replicas > 1 if one.app == spec.name else one.app in node.apps
        if one.required and crowded:
            yield f"runs {one.app!r}, which it keeps away from", f"--apart '{one.app} preferred'"
    for name, count in placement.devices.items():
        there = node.devices.get(name, 0)
        if there is not None and there < count * spec.replicas:
            yield f"has {there} of the {count * spec.replicas} {name} that it asks for", "--devices fewer"
