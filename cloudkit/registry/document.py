"""JSON of somebody else, read within limits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NoReturn

from cloudkit.errors import RegistryError

__all__ = ["DEPTH_LIMIT", "SIZE_LIMIT", "read_list", "read_object", "read_text"]

SIZE_LIMIT = 4 * 1024 * 1024
DEPTH_LIMIT = 32


def read_object(raw: bytes, what: str) -> dict[str, object]:
    """Read a JSON object of at most 4 MiB, 32 levels deep, with no key twice.

    Args:
        raw: The bytes as they came.
        what: How an error names them, such as ``the manifest of web:1``.

    Raises:
        RegistryError: It is none, or beyond the limits.

    Source: OCI distribution specification, "Pushing Manifests" (the limit of 4 MiB).

    >>> read_object(b'{"schemaVersion": 2}', "a manifest")
    {'schemaVersion': 2}
    """
    found = _read(raw, what)
    if not isinstance(found, dict):
        raise RegistryError(f"{what} is no JSON object")
    return found


def read_list(raw: bytes, what: str) -> list[object]:
    """Read a JSON list within the limits of ``read_object``."""
    found = _read(raw, what)
    if not isinstance(found, list):
        raise RegistryError(f"{what} is no JSON list")
    return found


def read_text(document: Mapping[str, object], key: str) -> str:
    """Return the text under a key, empty when there is none or it is something else."""
    found = document.get(key)
    return found if isinstance(found, str) else ""


def _read(raw: bytes, what: str) -> object:
    if len(raw) > SIZE_LIMIT:
        raise RegistryError(f"{what} has more than {SIZE_LIMIT // 1024 // 1024} MiB, the limit of the specification")
    try:
        found: object = json.loads(raw, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        raise RegistryError(f"{what} is no valid JSON: {reason}") from None
    if _deeper_than(found, DEPTH_LIMIT):
        raise RegistryError(f"{what} is nested more than {DEPTH_LIMIT} levels deep")
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make an object of pairs; two readers could take a key that is there twice for two different things."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _deeper_than(found: object, limit: int) -> bool:
    level = [found]
    for _ in range(limit + 1):
        level = [child for item in level if isinstance(item, dict | list) for child in _children(item)]
        if not level:
            return False
    return True


def _children(item: dict[str, object] | list[object]) -> list[object]:
    return list(item.values()) if isinstance(item, dict) else item
