"""How an app is to be reached, from how it is reached now: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.labels import LEADS_TO
from cloudkit.backends.kubernetes.manifests.service import published_name
from cloudkit.backends.kubernetes.manifests.ways import Ways, left_over, port_name, port_names

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.objects import Service
    from cloudkit.backends.kubernetes.records import Record
    from cloudkit.model.app import AppSpec

__all__ = ["rolling_ways", "stays", "wanted_ways"]


def wanted_ways(record: Record | None, wanted: AppSpec, services: Iterable[Service]) -> Ways:
    """Return how an app is reached once all of it is as wanted.

    Args:
        record: What is wanted until now; None when the app is not there.
        wanted: What is wanted.
        services: Its Services.
    """
    services = tuple(services)
    chosen = [port for one in services if one.metadata.name == published_name(wanted.name) for port in one.spec.ports]
    return Ways(
        names=port_names(_names(record) if record else {}, [port.number for port in wanted.ports]),
        node_ports={port.name: port.node_port for port in chosen if port.node_port},
        other=any(stays(one, wanted.name) for one in services),
    )


def rolling_ways(record: Record | None, wanted: AppSpec, services: Iterable[Service]) -> Ways:
    """Return how an app is reached while replicas of the revision before are there: under their ports, too."""
    services = tuple(services)
    ways, numbers = wanted_ways(record, wanted, services), {port.number for port in wanted.ports}
    leaving: Mapping[int, int | str]
    if record is None or record.spec == wanted:
        leaving = left_over(services, wanted.name, numbers)
    else:
        leaving = {number: name or number for number, name in _names(record).items() if number not in numbers}
    return replace(ways, leaving=leaving)


def stays(service: Service, app: str) -> bool:
    """Tell whether a Service of an app's name is somebody else's and stays: it led to the app's pods before the app."""
    return service.metadata.name == app and service.metadata.annotations.get(LEADS_TO) == app


def _names(record: Record) -> Mapping[int, str]:
    return {port.number: record.ports.get(port.number, port_name(port.number)) for port in record.spec.ports}
