"""What a deletion leaves time for, and what it does not wait for."""

from __future__ import annotations

import threading
import time
import urllib.request

import pytest

from cloudkit.cloud import Cloud

pytestmark = pytest.mark.engine

GRACEFUL = """\
const answer = (request, response) => setTimeout(() => response.end("hello"), request.url === "/slow" ? 1500 : 0);
const server = require("http").createServer(answer).listen(8080);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
"""


def test_a_request_in_flight_is_answered_though_its_app_is_deleted(cloud: Cloud, image: str) -> None:
    """Its replica ends it within its grace, and the balancer stays until then."""
    web = cloud.deploy("web", image, port=8080, publish=0, command=("node", "-e", GRACEFUL))
    got: list[str] = []
    request = threading.Thread(target=lambda: got.append(_get(f"{web.url}/slow")))
    request.start()
    _until_in_flight(cloud)

    web.delete()
    request.join(20)

    assert got == ["hello"]
    assert cloud.apps() == ()


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as response:
        body: str = response.read().decode()
        return body


def _until_in_flight(cloud: Cloud) -> None:
    """Wait until the balancer has passed a request on."""
    fronts = cloud.backend._fronts  # type: ignore[attr-defined]  # of the Docker backend
    ends = time.monotonic() + 10
    while fronts.idle("web"):
        assert time.monotonic() < ends, "no request came"
        time.sleep(0.01)
