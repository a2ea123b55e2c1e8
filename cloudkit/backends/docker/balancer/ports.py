"""A port of the host that is taken: found before anything is changed where it can be, named by who has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cloudkit.backends.docker.labels import MANAGED_BY, NAME, NAMESPACE, OWNER
from cloudkit.backends.published import taken_port
from cloudkit.engine.errors import translate
from cloudkit.model.port import Port

if TYPE_CHECKING:
    from docker import APIClient

    from cloudkit.errors import RolloutError

__all__ = ["holder", "named_in", "refuse_taken", "taken"]

_EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  # compared with, not bound to


def refuse_taken(api: APIClient, app: str, ports: Sequence[Port], *, own: str) -> None:
    """Raise ``RolloutError`` when another container holds a port that an app is to publish.

    A process of the host that holds it shows only when the balancer starts.

    Args:
        api: The SDK's low-level client.
        app: The app's name.
        ports: Its ports.
        own: The name of its balancer, which may hold them.
    """
    wanted = [port for port in ports if port.publish]
    if not wanted:
        return
    with translate(f"see which ports of the host are taken, for app {app}"):
        rows = api.containers()
    for port in wanted:
        found = holder(rows, port, own=own)
        if found:
            raise taken(app, port, found)


def holder(rows: Sequence[dict[str, Any]], port: Port, *, own: str = "") -> str:
    """Return who publishes a port, in words; empty when no container of the engine does.

    >>> row = {"Names": ["/db"], "Ports": [{"IP": "0.0.0.0", "PublicPort": 80}]}
    >>> holder([row], Port(number=3000, publish=80))
    "container 'db'"
    """
    for row in rows:
        name = str((row.get("Names") or ["?"])[0]).lstrip("/")
        if name != own and any(_clash(port, bound) for bound in row.get("Ports") or ()):
            return _described(name, row.get("Labels") or {})
    return ""


def named_in(text: str, ports: Sequence[Port]) -> Port | None:
    """Return which published port the engine's refusal is about; None when it is about none of them."""
    return next((port for port in ports if port.publish and f":{port.publish}" in text), None)


def taken(app: str, port: Port, by: str, evidence: Sequence[str] = ()) -> RolloutError:
    """Return the error that says which port is taken, and by whom."""
    where = f"{port.host}:{port.publish}"
    who = by or "a process of the engine's host"
    free = f"stop {by}" if by else f"find it there by: ss -ltnp 'sport = :{port.publish}'"
    return taken_port(app, port, where=where, who=who, free=free, evidence=evidence)


def _clash(port: Port, bound: dict[str, Any]) -> bool:
    if bound.get("PublicPort") != port.publish or bound.get("Type", "tcp") != "tcp":
        return False
    address = bound.get("IP") or ""
    return address == port.host or not _EVERYWHERE.isdisjoint({address, port.host})


def _described(name: str, labels: dict[str, str]) -> str:
    if labels.get(MANAGED_BY) != OWNER or not labels.get(NAME):
        return f"container {name!r}"
    return f"app {labels[NAME]!r} of namespace {labels.get(NAMESPACE, '')!r}"
