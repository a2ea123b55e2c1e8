"""How long it takes from the call to the first answer."""

from __future__ import annotations

import statistics
import time
import urllib.request
from collections.abc import Callable

import pytest

from bench.conftest import Docker
from bench.table import Table
from cloudkit import BuiltImage, Cloud

pytestmark = [pytest.mark.bench, pytest.mark.engine]
ROUNDS = 5


@pytest.mark.parametrize("replicas", [1, 3])
def test_deploy_to_ready_against_docker_run(
    cloud: Cloud, image: BuiltImage, docker: Docker, free_port: int, table: Table, replicas: int
) -> None:
    """An app with its balancer, against bare containers started one by one and asked until they answer."""
    cloud.deploy("warm", image, port=3000, publish=False)  # the network and the balancer's image are there from now on

    def deploy() -> None:
        app = image.deploy("web", port=3000, publish=free_port, replicas=replicas)
        ask(app.url)
        app.delete()

    def run() -> None:
        for _ in range(replicas):
            docker.run("--publish", "127.0.0.1::3000", str(image.digest))
        for name in docker.made:
            ask("http://" + docker("port", name, "3000/tcp"))
        docker.remove_all()
        docker.made.clear()

    ours, theirs = median(deploy), median(run)

    table.add(f"deploy {replicas} to ready, and away", ours=ours, peer=theirs, peer_name="docker run, rm -f", unit="s")


def median(work: Callable[[], None]) -> float:
    """The middle of several times, in seconds."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def ask(url: str) -> None:
    """Ask until there is an answer, for at most ten seconds."""
    ends = time.monotonic() + 10
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                assert answer.status == 200
                return
        except OSError:
            assert time.monotonic() < ends, f"no answer from {url}"
