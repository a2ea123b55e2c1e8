"""Workers that a reload has made give way: they take nothing new, and finish what they have.

The master process tells of them, and passes commands on to them, at a socket of its own.

Source: the management guide of HAProxy 2.6, section 9.4.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cloudkit.backends.docker.balancer.config import MASTER
from cloudkit.backends.docker.balancer.control import Control
from cloudkit.backends.docker.balancer.runtime import in_flight
from cloudkit.errors import BackendError

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["Predecessors"]

PROMPT = b"master> "
_OLD = re.compile(r"# old workers\n(.*?)^#", re.DOTALL | re.MULTILINE)


class Predecessors:
    """The workers of one balancer that have given way.

    Args:
        api: The SDK's low-level client.
        container: The balancer's container.
    """

    def __init__(self, api: APIClient, container: str) -> None:
        self._control = Control(api, container, socket=MASTER, prompt=PROMPT)

    def sessions(self, name: str) -> int:
        """Return how many requests or connections they have with a replica."""
        return sum(self._sessions(process, name) for process in old_workers(self._control.ask("show proc")))

    def close(self) -> None:
        """End the session; the next question opens another."""
        self._control.close()

    def _sessions(self, process: int, name: str) -> int:
        try:
            return in_flight(self._control.ask(f"@!{process} show stat -1 4 -1"), name)
        except BackendError:  # it has ended meanwhile
            return 0


def old_workers(text: str) -> list[int]:
    """Read the processes of old workers from the master's list.

    >>> old_workers("# workers\\n32 worker 0\\n# old workers\\n10 worker 1\\n12 worker 2\\n# programs\\n")
    [10, 12]
    """
    found = _OLD.search(text)
    return [int(line.split()[0]) for line in found[1].splitlines() if line.strip()] if found else []
