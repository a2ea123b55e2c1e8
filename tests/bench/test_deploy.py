"""How long it takes from the call to the first answer."""

from __future__ import annotations

import statistics
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from bench.conftest import Docker
from bench.table import Table
from cloudkit import BuiltImage, Cloud
from cloudkit.backends.docker.balancer import IMAGE

pytestmark = [pytest.mark.bench, pytest.mark.engine]
ROUNDS = 7
BALANCER = """\
printf 'frontend f\\n mode http\\n timeout client 5s\\n bind :80\\n http-request return status 200\\n' >/tmp/haproxy.cfg
exec haproxy -db -f /tmp/haproxy.cfg
"""


@pytest.mark.parametrize("replicas", [1, 3])
def test_deploy_to_ready_against_docker_run(
    cloud: Cloud, image: BuiltImage, docker: Docker, free_port: int, table: Table, replicas: int
) -> None:
    """An app with its balancer, against bare containers, and against as many containers as it has, at once.

    The bare ones are started one by one and asked until they answer. Those at once stand on the app's network, with a
    balancer that knows none of them: the least that a deployment with a balancer can cost.
    """
    cloud.deploy("warm", image, port=3000, publish=False)  # the network and the balancer's image are there from now on
    network = cloud.backend.namespace

    def deploy() -> None:
        app = image.deploy("web", port=3000, publish=free_port, replicas=replicas)
        ask(app.url)
        app.delete()

    def run() -> None:
        for _ in range(replicas):
            docker.run("--publish", "127.0.0.1::3000", str(image.digest))
        for name in docker.made:
            ask("http://" + docker("port", name, "3000/tcp"))
        remove(docker)

    def at_once() -> None:
        published = ("--publish", "127.0.0.1::80", IMAGE, "sh", "-c", BALANCER)
        with ThreadPoolExecutor(replicas + 1) as pool:
            front = pool.submit(docker.run, "--network", network, *published)
            for _ in range(replicas):
                pool.submit(docker.run, "--network", network, str(image.digest))
        ask("http://" + docker("port", front.result(), "80/tcp"))
        remove(docker)

    ours, theirs, least = medians(deploy, run, at_once)

    what = f"deploy {replicas} to ready, and away"
    table.add(what, ours=ours, peer=theirs, peer_name="docker run, rm -f", unit="s")
    table.add(what, ours=ours, peer=least, peer_name="and a balancer, at once", unit="s")


def remove(docker: Docker) -> None:
    """Remove what was started, and start anew."""
    docker.remove_all()
    docker.made.clear()


def medians(*works: Callable[[], None]) -> list[float]:
    """The middle of several times of each, in seconds, taken in turns so that all meet the same machine."""
    times = [[timed(work) for work in works] for _ in range(ROUNDS)]
    return [statistics.median(column) for column in zip(*times, strict=True)]


def timed(work: Callable[[], None]) -> float:
    """The seconds that one takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


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
