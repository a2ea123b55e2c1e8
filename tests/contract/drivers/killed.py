"""A verb called in a process that kills itself in front of its n-th change of the engine."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["killed"]


def killed(call: Mapping[str, object]) -> bool:
    """Call a verb in such a process; False if it made fewer changes.

    Args:
        call: ``cloud``, the arguments of ``Cloud``; ``step``, the number of the change; ``app``, ``name`` and
            ``options`` of the verb.
    """
    command = [sys.executable, "-P", str(Path(__file__)), json.dumps(call)]
    done = subprocess.run(command, capture_output=True, timeout=90, check=False)
    if done.returncode not in {0, -signal.SIGKILL}:
        raise AssertionError(done.stderr.decode()[-2000:])
    return done.returncode != 0


class Countdown:
    """Counts requests that change something, and ends the process at the last.

    Args:
        step: How many requests there are, the last one too.
    """

    def __init__(self, step: int) -> None:
        self.left = step

    def pass_by(self, method: str, url: str) -> None:
        """Count a request, and end in front of the one."""
        if method not in {"GET", "HEAD"} and "dryRun=All" not in url:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Call the verb."""
    from cloudkit.cloud import Cloud

    call = json.loads(sys.argv[1])
    countdown, put = Countdown(call["step"]), http.client.HTTPConnection.putrequest

    def counted(connection: http.client.HTTPConnection, method: str, url: str, *given: Any, **more: Any) -> None:
        countdown.pass_by(method, url)
        put(connection, method, url, *given, **more)

    http.client.HTTPConnection.putrequest = counted  # type: ignore[method-assign]  # this process is made to be killed
    cloud = Cloud(**call["cloud"])
    target = cloud.app(call["app"]) if call["app"] else cloud
    result = getattr(target, call["name"])(**call["options"])
    if isinstance(result, Iterator):
        deque(result, maxlen=0)  # it acts while it is read


if __name__ == "__main__":
    main()
