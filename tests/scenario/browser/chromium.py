"""A real browser without a window, as a process for each page."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

__all__ = ["dom", "program", "screenshot"]

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def program() -> str | None:
    """Return the browser's path; None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def dom(url: str) -> str:
    """Return what a page has become once its scripts have run."""
    return _browse("--dump-dom", url)


def screenshot(url: str, path: Path, *, width: int = 640, height: int = 160) -> None:
    """Write what a page looks like, at twice the density of its pixels."""
    _browse(f"--screenshot={path}", f"--window-size={width},{height}", "--force-device-scale-factor=2", url)


def _browse(*words: str) -> str:
    found = program()
    if found is None:
        raise FileNotFoundError("there is no chromium")
    with TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as profile:
        done = subprocess.run(
            [found, *FLAGS, f"--user-data-dir={profile}", *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    return done.stdout
