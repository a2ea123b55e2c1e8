"""What the twin's fixtures hand out."""

from __future__ import annotations

from collections.abc import Callable

from cloudkit.model.app import AppSpec
from cloudkit.model.state import AppState

__all__ = ["Deployed", "Wanted"]

Wanted = Callable[..., AppSpec]
Deployed = Callable[[AppSpec], AppState]
