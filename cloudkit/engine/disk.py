"""How much an engine's disk holds, and what of it could be freed."""

from __future__ import annotations

import shutil
from typing import Any

from cloudkit.engine.connect import Engine
from cloudkit.engine.errors import disk_full, translate
from cloudkit.errors import BackendError, CloudkitError

__all__ = ["free_bytes", "freeable", "in_words", "told_what_to_free"]

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def freeable(engine: Engine) -> dict[str, int]:
    """Return the bytes that could be freed, by kind: images without a container, stopped containers, build cache."""
    with translate("ask the engine what its disk holds"):
        usage: dict[str, Any] = engine.client.df()
    images = [image for image in usage.get("Images") or () if not image.get("Containers")]
    stopped = [box for box in usage.get("Containers") or () if box.get("State") not in {"running", "paused"}]
    cache = [part for part in usage.get("BuildCache") or () if not part.get("InUse")]
    return {
        "images": sum(max(0, image.get("Size", 0) - max(0, image.get("SharedSize", 0))) for image in images),
        "containers": sum(box.get("SizeRw") or 0 for box in stopped),
        "build cache": sum(part.get("Size") or 0 for part in cache),
    }


def free_bytes(engine: Engine) -> int | None:
    """Return what is free where the engine keeps its data; None when that is on another machine."""
    if not engine.config.endpoint or not engine.config.endpoint.host.startswith("unix://"):
        return None
    try:
        return shutil.disk_usage(engine.features.root).free
    except OSError:
        return None


def told_what_to_free(engine: Engine, error: BackendError) -> BackendError:
    """Return the same error with the sizes that could be freed, when it is about a full disk and the engine says."""
    if not disk_full("\n".join(error.evidence)):
        return error
    try:
        found = {kind: size for kind, size in freeable(engine).items() if size}
    except CloudkitError:
        return error
    sizes = ", ".join(f"{in_words(size)} of {kind}" for kind, size in found.items()) or "nothing"
    return BackendError(error.summary, evidence=[*error.evidence, f"could be freed: {sizes}"], hint=error.hint)


def in_words(size: float) -> str:
    """Return a size as a person reads it.

    >>> in_words(1536), in_words(5 * 1024**3)
    ('1.5 KiB', '5.0 GiB')
    """
    for unit in _UNITS[:-1]:
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} {_UNITS[-1]}"
