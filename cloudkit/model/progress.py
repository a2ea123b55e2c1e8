"""What long work says while it goes on: typed events that a front end draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

__all__ = ["Ambient", "Listener", "Phase", "Progress", "ambient", "silent"]


class Phase(StrEnum):
    """Which kind of work an event belongs to."""

    BUILD = "build"
    PULL = "pull"
    PUSH = "push"
    SAVE = "save"
    LOAD = "load"
    ROLL = "roll"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One step of long work.

    Args:
        phase: The kind of work.
        item: What it is about: a layer's short digest, a build step's number, a replica's name. Events of
            the same phase and item replace one another on a display.
        message: What happens now, such as ``Downloading`` or ``RUN npm ci``.
        current: How much is done, in ``unit``; None when it cannot be counted.
        total: How much there is, in ``unit``; None when unknown.
        unit: ``bytes``, ``replicas``, ``completions`` or ``steps``.
        done: True on the item's last event.
        log: A line that the work printed, for a display that shows the output.
    """

    phase: Phase
    item: str
    message: str = ""
    current: int | None = None
    total: int | None = None
    unit: str = ""
    done: bool = False
    log: str = ""


Listener = Callable[[Progress], None]


def silent(_event: Progress) -> None:
    """Listen to nothing."""


class Ambient:
    """Who listens where no listener was named: nobody, until a prompt sits down that draws what its cells do."""

    listener: ClassVar[Listener] = staticmethod(silent)


def ambient(event: Progress) -> None:
    """Tell whoever listens to this process; the library itself never prints."""
    Ambient.listener(event)
