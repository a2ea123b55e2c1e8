"""All that an engine runs and no app owns: a row for each service of compose, and for each other container.

Source: https://docs.docker.com/reference/api/engine/#tag/Container/operation/ContainerList
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cloudkit.backends.docker.labels import MANAGED_BY, NAMESPACE, OWNER
from cloudkit.engine.errors import translate
from cloudkit.model.workload import Workload

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["other_workloads"]

PROJECT, SERVICE = "com.docker.compose.project", "com.docker.compose.service"
_ENDED_WELL = "Exited (0)"


def other_workloads(api: APIClient) -> tuple[Workload, ...]:
    """Return what is no part of cloudkit, by kind and name; apps of other namespaces are part of it."""
    with translate("list containers"):
        rows = api.containers(all=True)
    return workloads_of(rows, now=datetime.now(UTC))


def workloads_of(rows: Sequence[Mapping[str, Any]], *, now: datetime) -> tuple[Workload, ...]:
    """Return the workloads that containers are, as the engine lists them.

    >>> row = {"Names": ["/db"], "Image": "postgres:17", "State": "exited", "Status": "Exited (1) 2 hours ago"}
    >>> print(*workloads_of([row], now=datetime.now(UTC)))
    container/db 0/1 ready, postgres:17, Exited (1) 2 hours ago
    """
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        if not _is_ours(_labels(row)):
            groups[_key(row)].append(row)
    return tuple(_workload(key, groups[key], now) for key in sorted(groups))


def _workload(key: tuple[str, str], rows: Sequence[Mapping[str, Any]], now: datetime) -> Workload:
    wrong = [str(row.get("Status", "")) for row in rows if not _is_ready(row) and not _has_ended_well(row)]
    managed = next((text for row in rows if (text := _labels(row).get(MANAGED_BY))), "")
    created = min((float(row["Created"]) for row in rows if row.get("Created")), default=None)
    return Workload(
        kind=key[0],
        name=key[1],
        ready=sum(_is_ready(row) or _has_ended_well(row) for row in rows),
        wanted=len(rows),
        images=tuple(dict.fromkeys(str(row["Image"]) for row in rows)),
        owner="docker compose" if key[0] == "compose" else managed,
        created_at=None if created is None else datetime.fromtimestamp(created, UTC),
        message=wrong[0] if wrong else "",
        observed_at=now,
    )


def _key(row: Mapping[str, Any]) -> tuple[str, str]:
    labels = _labels(row)
    if SERVICE in labels:
        return "compose", f"{labels.get(PROJECT, '')}/{labels[SERVICE]}"
    names = sorted(row.get("Names") or (), key=len)  # a link gives a container longer names, too
    return "container", names[0].lstrip("/") if names else str(row["Id"])[:12]


def _is_ready(row: Mapping[str, Any]) -> bool:
    status = str(row.get("Status", ""))
    return row.get("State") == "running" and "(unhealthy)" not in status and "(health: starting)" not in status


def _has_ended_well(row: Mapping[str, Any]) -> bool:
    return row.get("State") == "exited" and str(row.get("Status", "")).startswith(_ENDED_WELL)


def _is_ours(labels: Mapping[str, str]) -> bool:
    return labels.get(MANAGED_BY) == OWNER and NAMESPACE in labels


def _labels(row: Mapping[str, Any]) -> Mapping[str, str]:
    return row.get("Labels") or {}
