"""A container that stands where an app is to stand: how it is found, stopped and removed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from cloudkit.backends.adopting.exchange import Found
from cloudkit.backends.docker.adopting.candidate import find_container
from cloudkit.backends.docker.adopting.container import said
from cloudkit.engine.errors import translate
from cloudkit.errors import NotFoundError

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["Standing", "find_standing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One container of an engine.

    Args:
        api: The engine.
        id: The engine's identifier.
        name: Its name.
        running: True while it ran when it was looked at.
        grace: Seconds that it may take to end.
    """

    api: APIClient
    id: str
    name: str
    running: bool
    grace: float

    def stop(self) -> None:
        """Stop it."""
        with translate(f"stop container {self.name}"):
            self.api.stop(self.id, timeout=ceil(self.grace))

    def start(self) -> None:
        """Let it run again."""
        with translate(f"start container {self.name}"):
            self.api.start(self.id)

    def remove(self) -> None:
        """Stop and remove it; what it had mounted stays."""
        with suppress(NotFoundError), translate(f"remove container {self.name}"):
            self.api.stop(self.id, timeout=ceil(self.grace))
            self.api.remove_container(self.id)


def find_standing(api: APIClient, namespace: str, workload: str, name: str | None) -> Found:
    """Return a container by its kind and name, and what it becomes in a namespace."""
    container = find_container(api, workload, namespace)
    told = said(container, name or container.name)
    old = Standing(api=api, id=container.id, name=container.name, running=container.running, grace=told.spec.stop_grace)
    return Found(old=old, spec=told.spec, lost=told.lost)
