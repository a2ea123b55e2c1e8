"""Where the test bed keeps what it made."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["cache"]


def cache(*parts: str) -> Path:
    """Return a path below the cache; the folder that it is in exists."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    path = root.joinpath("cloudkit", "testbed", *parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
