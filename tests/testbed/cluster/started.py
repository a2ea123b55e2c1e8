"""The processes of a cluster: each with a log in the cluster's folder."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from testbed.cluster.layout import Layout
from testbed.network import inside
from testbed.place import cache
from testbed.process import detached, until

__all__ = ["Started", "kubectl", "program", "start"]


@dataclass(frozen=True)
class Started:
    """A process that was started."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until ``ready``; raise with the end of the log when it does not come to that."""
        until(ready, seconds, self.name, self.process, self.log)


def start(layout: Layout, node: int, *command: str, name: str = "") -> Started:
    """Start a process in a node's network namespace."""
    label = name or Path(command[0]).name
    log = layout.folder / "logs" / f"{label}{node}.log"
    return Started(label, detached(inside(layout.network(node), *command), log), log)


def program(name: str) -> str:
    """Return where a program is that was compiled for the cluster."""
    return str(cache("kubernetes", name))


def kubectl(layout: Layout, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run kubectl as the cluster's administrator, with ``text`` as its input."""
    command = [program("kubectl"), f"--kubeconfig={layout.kubeconfig}", *arguments]
    return subprocess.run(command, input=text, text=True, capture_output=True, check=False)
