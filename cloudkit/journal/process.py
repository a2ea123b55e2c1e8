"""Which process writes, and whether one that wrote is still there."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Process", "this_process"]

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_STARTED = 21  # of the fields of /proc/PID/stat, which proc(5) names


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process, told from a later one of the same number.

    Args:
        host: Its machine, or its container.
        pid: Its number.
        mark: When it started; empty where the system does not tell.
    """

    host: str
    pid: int
    mark: str = ""

    @property
    def here(self) -> bool:
        """True for the process that asks."""
        return self == this_process()

    @property
    def gone(self) -> bool | None:
        """True when it has ended, None for one of another machine, of which nothing is known here."""
        if self.host != socket.gethostname():
            return None
        if self.mark:
            return _mark(self.pid) != self.mark
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False


def this_process() -> Process:
    """Return the process that this is, also after a fork."""
    return _known(os.getpid())


@cache
def _known(pid: int) -> Process:
    return Process(host=socket.gethostname(), pid=pid, mark=_mark(pid))


def _mark(pid: int) -> str:
    """Return when a process was started: the boot and its clock ticks since then."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        if fields[0] in {"Z", "X"}:  # it has ended, and waits to be noticed
            return ""
        return f"{_BOOT.read_text(encoding='utf-8').strip()[:8]}-{fields[_STARTED - 2]}"
    except (OSError, IndexError):
        return ""
