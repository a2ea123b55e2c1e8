"""Short words for what laws look at."""

from __future__ import annotations

from collections.abc import Callable

from contract.drivers.driver import Driver

from cloudkit.app import App

__all__ = ["eventually", "ids", "names"]


def ids(app: App) -> set[str]:
    """Return the engine's identifiers of an app's replicas."""
    return {one.id for one in app.status().replicas}


def names(app: App) -> set[str]:
    """Return the names of an app's replicas."""
    return {one.name for one in app.status().replicas}


def eventually(driver: Driver, holds: Callable[[], bool], *, seconds: float = 20) -> None:
    """Look again and again until it holds, for so long at the most."""
    for _ in range(int(seconds / 0.2)):
        if holds():
            return
        driver.pause(0.2)
    raise AssertionError(f"it did not come true within {seconds:g} s")
