"""How many replicas the quotas of a namespace leave room for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from cloudkit.backends.kubernetes.causes.quantities import amount
from cloudkit.backends.kubernetes.objects import Metadata
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.model.advice import Advice

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.model.app import AppSpec

__all__ = ["bounds", "quotas"]


class QuotaStatus(Struct, frozen=True):
    """What is allowed, and what is used of it."""

    hard: Mapping[str, str] = {}
    used: Mapping[str, str] = {}


class Quota(Struct, frozen=True):
    """A ResourceQuota."""

    metadata: Metadata
    status: QuotaStatus = QuotaStatus()


def quotas(client: Client) -> tuple[Quota, ...]:
    """Return the quotas of the namespace."""
    return client.list(object_path("resourcequotas", client.namespace), Quota).items


def bounds(spec: AppSpec, replicas: int, found: tuple[Quota, ...]) -> Iterator[Advice]:
    """Yield the most replicas that each quota leaves room for, those that are there among them."""
    for quota in found:
        for resource, each in costs(spec).items():
            hard = quota.status.hard.get(resource)
            if hard is not None and each:
                left = amount(hard) - amount(quota.status.used.get(resource, "0"))
                most = replicas + max(0, int(left // each))
                reason = f"most that fit, quota {quota.metadata.name!r} allows {hard} of {resource}"
                yield Advice(replicas=most, reason=reason)


def costs(spec: AppSpec) -> dict[str, Decimal]:
    """Return what one replica takes of what quotas count."""
    wanted = spec.resources
    given = {
        "requests.cpu": wanted.cpu_request or wanted.cpu,
        "requests.memory": wanted.memory_request or wanted.memory,
        "limits.cpu": wanted.cpu,
        "limits.memory": wanted.memory,
    }
    asked = {name: amount(text) for name, text in given.items() if text is not None}
    short = {name.removeprefix("requests."): value for name, value in asked.items() if name.startswith("requests.")}
    return {"pods": Decimal(1), "count/pods": Decimal(1)} | asked | short
