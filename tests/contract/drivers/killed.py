"""A process that calls one verb and kills itself in front of its n-th change of the engine, as argv 1 says."""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

import requests

from cloudkit.cloud import Cloud


class Countdown:
    """Counts requests that change something, and ends the process at the last."""

    def __init__(self, step: int) -> None:
        self.left = step
        self.send = requests.Session.send

    def pass_by(self, request: requests.PreparedRequest) -> None:
        """Count a request, and end in front of the one."""
        if request.method not in {"GET", "HEAD"}:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Call the verb."""
    call = json.loads(sys.argv[1])
    countdown = Countdown(call["step"])

    def send(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> Any:
        countdown.pass_by(request)
        return countdown.send(session, request, **options)

    requests.Session.send = send  # type: ignore[method-assign]  # this process is made to be killed
    cloud = Cloud("docker", namespace=call["namespace"])
    target = cloud.app(call["app"]) if call["app"] else cloud
    getattr(target, call["name"])(**call["options"])


if __name__ == "__main__":
    main()
