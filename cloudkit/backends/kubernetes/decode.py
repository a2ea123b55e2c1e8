"""From the API server's bytes to the few fields that are read."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from cloudkit.backends.kubernetes.objects import Listing

__all__ = ["decoded", "encoded", "listed", "plain"]

T = TypeVar("T")


_DECODERS: dict[Any, msgspec.json.Decoder[Any]] = {}


def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    decoder = _DECODERS.get(kind)
    if decoder is None:
        decoder = _DECODERS[kind] = msgspec.json.Decoder(kind)
    return decoder


def decoded(data: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Return one object."""
    found: T = _decoder(kind).decode(data)
    return found


def listed(data: bytes, kind: type[T]) -> Listing[T]:
    """Return one page of a list."""
    found: Listing[T] = _decoder(_listing(kind)).decode(data)
    return found


def _listing(kind: Any) -> Any:
    return Listing[kind]


def plain(data: bytes) -> dict[str, Any]:
    """Return one object with all that it has."""
    return decoded(data, dict[str, Any])


def encoded(body: Any) -> bytes:
    """Return the JSON of an object."""
    return msgspec.json.encode(body)
