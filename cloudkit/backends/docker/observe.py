"""What the engine holds of ours, read in one call."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cloudkit.backends.docker.balancer.container import SHAPE
from cloudkit.backends.docker.labels import (
    COMPONENT,
    GENERATION,
    IMAGE,
    NAME,
    ORDINAL,
    REVISION,
    RUN,
    SPEC,
    Component,
    selector,
)
from cloudkit.engine.errors import translate
from cloudkit.model.reference import Reference

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["Observation", "Seen", "observe", "observe_app"]

_EXITED = re.compile(r"(?:Exited|Restarting) \((\d+)\)")
_ALIVE = frozenset({"running", "restarting", "paused"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One container of ours, as the engine lists it.

    Args:
        id: The engine's identifier.
        name: Its full name.
        app: Which app it belongs to.
        component: What it is for.
        revision: The revision of a replica or record.
        ordinal: The number that a stateful replica keeps, or that a job's has; None for others.
        run: The run of a cron that a replica belongs to; empty for others.
        generation: The generation of a record.
        state: ``created``, ``running``, ``paused``, ``restarting``, ``exited``, ``removing`` or ``dead``.
        status: The engine's words on it, such as ``Up 5 seconds (healthy)``.
        address: Its address on the app's first network.
        created: Seconds since the epoch.
        image: What a replica runs, pinned; None for what is no replica.
        spec: The encoded spec of a record.
        shape: What names a balancer's ports and networks.
        ports: Ports of the host, by port of the container.
    """

    id: str
    name: str
    app: str
    component: Component
    revision: int = 0
    ordinal: int | None = None
    run: str = ""
    generation: int = 0
    state: str = "created"
    status: str = ""
    address: str = ""
    created: float = 0.0
    image: Reference | None = None
    spec: str = ""
    shape: str = ""
    ports: Mapping[int, tuple[str, int]] = field(default_factory=dict, hash=False)

    @property
    def alive(self) -> bool:
        """True while the engine keeps it running."""
        return self.state in _ALIVE

    @property
    def awake(self) -> bool:
        """True while it runs and nobody has paused it."""
        return self.alive and self.state != "paused"

    @property
    def exit_code(self) -> int | None:
        """The exit code in the engine's words; None while it runs or has never run."""
        match = _EXITED.match(self.status)
        return int(match[1]) if match else None

    @property
    def healthy(self) -> bool:
        """False while a health check of the engine's says so."""
        return "(unhealthy)" not in self.status and "(health: starting)" not in self.status

    def completed(self, restart: str) -> bool:
        """True when it has ended well under a restart policy that leaves it so."""
        return not self.alive and self.exit_code == 0 and restart != "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """All that the engine holds of one app."""

    records: tuple[Seen, ...] = ()
    replicas: tuple[Seen, ...] = ()
    balancer: Seen | None = None

    @property
    def record(self) -> Seen | None:
        """The newest generation; None when the app is not there."""
        return self.records[-1] if self.records else None

    @property
    def generation(self) -> int:
        """The newest generation's number; 0 when the app is not there."""
        return self.records[-1].generation if self.records else 0

    @property
    def kind(self) -> str:
        """The kind of work that is wanted; empty when the app is not there."""
        return str(json.loads(self.records[-1].spec).get("kind", "service")) if self.records else ""

    @property
    def newest_revision(self) -> int:
        """The highest revision of anything that is there; 0 when the app is not there."""
        return max((one.revision for one in (*self.records, *self.replicas)), default=0)

    @property
    def woken(self) -> bool:
        """True while a stopped app is on its way to run again: those that ended by the stop are not completed.

        Whatever finishes drops the older records of its revision, so that one that is stopped tells of an interruption.
        """
        before = self.records[:-1]
        return any(one.revision == self.records[-1].revision and json.loads(one.spec).get("stopped") for one in before)

    @property
    def empty(self) -> bool:
        """True when nothing of the app is there."""
        return not (self.records or self.replicas or self.balancer)


def observe(api: APIClient, namespace: str, app: str | None = None) -> dict[str, Observation]:
    """Return what is there of each app of a namespace, or of one."""
    with translate("list containers"):
        rows = api.containers(all=True, filters={"label": selector(namespace, app=app)})
    found: dict[str, list[Seen]] = defaultdict(list)
    for row in rows:
        one = _seen(row)
        if one is not None and one.state != "removing":
            found[one.app].append(one)
    return {name: _sorted(seen) for name, seen in sorted(found.items())}


def observe_app(api: APIClient, namespace: str, app: str) -> Observation:
    """Return what is there of one app; an empty observation when it is not there."""
    return observe(api, namespace, app).get(app, Observation())


def _sorted(seen: list[Seen]) -> Observation:
    return Observation(
        records=tuple(
            sorted((one for one in seen if one.component is Component.RECORD), key=lambda one: one.generation)
        ),
        replicas=tuple(
            sorted((one for one in seen if one.component is Component.REPLICA), key=lambda one: (one.created, one.name))
        ),
        balancer=next((one for one in seen if one.component is Component.BALANCER), None),
    )


def _seen(row: Mapping[str, Any]) -> Seen | None:
    labels: Mapping[str, str] = row.get("Labels") or {}
    component = labels.get(COMPONENT, "")
    if component not in (Component.REPLICA, Component.RECORD, Component.BALANCER) or NAME not in labels:
        return None
    return Seen(
        id=row["Id"],
        name=row["Names"][0].lstrip("/") if row.get("Names") else row["Id"][:12],
        app=labels[NAME],
        component=Component(component),
        revision=_number(labels.get(REVISION)),
        ordinal=_number(labels[ORDINAL]) if ORDINAL in labels else None,
        run=labels.get(RUN, ""),
        generation=_number(labels.get(GENERATION)),
        state=row.get("State", ""),
        status=row.get("Status", ""),
        address=_address(row),
        created=float(row.get("Created", 0)),
        image=Reference.parse(labels[IMAGE]) if IMAGE in labels else None,
        spec=labels.get(SPEC, ""),
        shape=labels.get(SHAPE, ""),
        ports={
            port["PrivatePort"]: (port.get("IP", ""), port["PublicPort"])
            for port in row.get("Ports") or ()
            if "PublicPort" in port
        },
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0


def _address(row: Mapping[str, Any]) -> str:
    """Return the address that was asked for, which stays; the one in use where none was."""
    networks = (row.get("NetworkSettings") or {}).get("Networks") or {}
    fixed = [((end.get("IPAMConfig") or {}).get("IPv4Address") or "") for end in networks.values()]
    used = [end.get("IPAddress") or "" for end in networks.values()]
    return next((address for address in (*fixed, *used) if address), "")
