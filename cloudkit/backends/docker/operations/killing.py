"""End a process that was started inside a container; the engine has no call for it."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cloudkit.backends.commands.marking import END_MARKED

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["end_marked"]


def end_marked(api: APIClient, container: str, marking: str) -> bool:
    """Kill all processes that carry a mark; False when none could be reached.

    All are stopped before the first one is killed, so that none sees another die or starts one more.

    On the engine's own machine they are killed as what they are there, which needs nothing of the image. Elsewhere a
    shell inside the container does it, where it has one.
    """
    return _from_here(marking) or _from_inside(api, container, marking)


def _from_here(marking: str) -> bool:
    """Look for the mark in this machine's processes; one cannot hit another's, as the mark is random."""
    ended = False
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for environ in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if marking.encode() in environ.read_bytes().split(b"\0"):
                    os.kill(int(environ.parent.name), number)
                    ended = True
    return ended


def _from_inside(api: APIClient, container: str, marking: str) -> bool:
    made = api.exec_create(container, ["sh", "-c", END_MARKED, "sh", marking], user="0")
    answer: bytes = api.exec_start(made["Id"])
    return b"ended" in answer
