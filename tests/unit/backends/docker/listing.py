"""Containers as an engine lists them, and specs, for tests of what is read from them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from cloudkit.backends.docker.labels import Component
from cloudkit.backends.docker.observe import Observation, Seen
from cloudkit.model.app import AppSpec
from cloudkit.model.encode import encode
from cloudkit.model.reference import Reference

__all__ = ["IMAGE", "app", "observation", "record", "replica"]

IMAGE = Reference.parse("web@sha256:" + "0" * 64)


def app(**changes: object) -> AppSpec:
    """A spec of an app that listens on nothing, changed so."""
    return AppSpec(name="web", image=IMAGE).replace(**changes)


def replica(name: str, *, revision: int = 1, state: str = "running", code: int = 0, ordinal: int | None = None) -> Seen:
    """A replica in that state."""
    status = {"running": "Up 5 seconds", "paused": "Up 5 seconds (Paused)", "created": "Created"}
    return Seen(
        id=f"id-{name}",
        name=f"ns.{name}",
        app="web",
        component=Component.REPLICA,
        revision=revision,
        ordinal=ordinal,
        state=state,
        status=status.get(state, f"Exited ({code}) 2 minutes ago"),
    )


def record(generation: int, revision: int = 1, spec: AppSpec | None = None) -> Seen:
    """A record of that generation."""
    return Seen(
        id=f"generation-{generation}",
        name=f"ns.web.generation.{generation}",
        app="web",
        component=Component.RECORD,
        revision=revision,
        generation=generation,
        spec=json.dumps(encode(spec or app())),
    )


def observation(*seen: Seen) -> Observation:
    """All of these, sorted as an observation has them."""
    kinds: Mapping[Component, list[Seen]] = {kind: [one for one in seen if one.component is kind] for kind in Component}
    return Observation(
        records=tuple(kinds[Component.RECORD]),
        replicas=tuple(kinds[Component.REPLICA]),
        balancer=next(iter(kinds[Component.BALANCER]), None),
    )
