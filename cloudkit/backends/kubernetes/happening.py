"""What a cluster tells of an object, as far as it is read."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from cloudkit.backends.kubernetes.objects import Metadata

__all__ = ["Happening", "Reference"]


class _Told(Struct, frozen=True, rename="camel", gc=False):
    """Camel case on the wire, and no change once read."""


class Reference(_Told, frozen=True):
    """The object that a happening is about."""

    kind: str = ""
    name: str = ""
    uid: str = ""
    field_path: str = ""


class Series(_Told, frozen=True):
    """How often a happening came."""

    count: int = 0
    last_observed_time: datetime | None = None


class Happening(_Told, frozen=True):
    """An Event of Kubernetes, under a name of its own as cloudkit has an ``Event``, too."""

    metadata: Metadata
    involved_object: Reference = Reference()
    reason: str = ""
    message: str = ""
    type: str = "Normal"
    count: int | None = None
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    event_time: datetime | None = None
    series: Series | None = None
