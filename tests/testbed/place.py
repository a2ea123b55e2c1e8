"""Where the test bed keeps what it made (kept) and what it runs (gone with it)."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["cache", "state"]


def cache(*parts: str) -> Path:
    """Return a path below the cache, whose folder exists."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return made(root / "cloudkit" / "testbed", *parts)


def state(*parts: str) -> Path:
    """Return a path below the state of this run, whose folder exists."""
    root = Path(os.environ.get("CLOUDKIT_TESTBED_STATE") or f"/run/cloudkit/testbed-{os.getpid()}")
    return made(root, *parts)


def made(root: Path, *parts: str) -> Path:
    path = root.joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
