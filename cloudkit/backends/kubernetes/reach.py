"""Whether an app's url is answered already: nodes hear of a new endpoint a moment after its pod is ready."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

__all__ = ["await_answer"]

PATIENCE = 15.0  # seconds in which every node has heard of it, on a busy cluster too
TICK = 0.1


def await_answer(url: str, *, patience: float = PATIENCE) -> bool:
    """Return once somebody accepts connections at a url; False where nobody does, or no way leads there from here.

    >>> await_answer("http://127.0.0.1:1", patience=0)
    False
    """
    parts = urlsplit(url)
    if not parts.hostname or not parts.port:
        return False
    ends = time.monotonic() + patience
    while True:
        refused = False
        try:
            socket.create_connection((parts.hostname, parts.port), timeout=1).close()
        except ConnectionRefusedError:
            refused = True
        except OSError:  # it is not reached from here, or its name is not known here
            return False
        if not refused or time.monotonic() >= ends:
            return not refused
        time.sleep(TICK)
