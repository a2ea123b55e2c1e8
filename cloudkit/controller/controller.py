"""A controller from its start to its interrupt: it waits for its turn, heals while it has it, and waits again."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

from cloudkit.backends.healing import Healable
from cloudkit.controller.rounds import CONTROLLER, Rounds
from cloudkit.errors import BackendError, ConflictError
from cloudkit.model.log import Event

__all__ = ["control", "this_process"]

TURN = 1.0  # seconds between two tries to become the one that heals


def this_process() -> str:
    """Return how others may know this process."""
    return f"{socket.gethostname()}, process {os.getpid()}"


def control(backend: Healable, *, interval: float, once: bool, holder: str) -> Iterator[Event]:
    """Heal what an engine's apps have lost, one controller at a time, and yield what happens.

    Args:
        backend: The engine.
        interval: Seconds between two looks at all apps where nothing happens.
        once: True ends as soon as nothing is to be done.
        holder: Who this is, for others to read.

    Raises:
        CloudkitError: The engine did not answer at the first try; later it is asked again and again.
    """
    told, ruled = "", False
    while True:
        waits = ""
        try:
            with backend.heal(holder) as healer:
                ruled, told = True, ""
                yield _event(backend, "heals", f"as {holder}")
                yield from Rounds(healer, interval=interval, once=once).go()
                if once and healer.held:
                    return
            waits = "the right to heal is lost"
        except (ConflictError, BackendError) as error:
            if not ruled and isinstance(error, BackendError):
                raise
            waits = error.summary
        if waits != told:
            told = waits
            yield _event(backend, "waits", waits)
        backend.rest(TURN)


def _event(backend: Healable, action: str, message: str) -> Event:
    return Event(time=backend.now, app="", object=CONTROLLER, action=action, message=message)
