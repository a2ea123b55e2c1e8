"""How many requests a second pass the balancer."""

from __future__ import annotations

import pytest

from bench.conftest import Docker
from bench.load import Load
from bench.table import Table
from bench.test_deploy import ask
from cloudkit import BuiltImage, Cloud

pytestmark = [pytest.mark.bench, pytest.mark.engine]
SECONDS = 8


def test_requests_through_the_balancer(
    cloud: Cloud, image: BuiltImage, docker: Docker, free_port: int, wrk: str, table: Table
) -> None:
    """One replica behind the balancer, against the same replica published by the engine alone."""
    web = cloud.deploy("web", image, port=3000, publish=free_port)
    direct = docker.run("--publish", "127.0.0.1::3000", str(image.digest))
    bare = "http://" + docker("port", direct, "3000/tcp")

    ours, theirs = rate(wrk, web.url), rate(wrk, bare)

    table.add("requests through the balancer", ours=ours, peer=theirs, peer_name="direct", unit="1/s")


def test_the_balancer_against_caddy(
    cloud: Cloud, image: BuiltImage, docker: Docker, free_port: int, wrk: str, table: Table
) -> None:
    """Three replicas behind our balancer, against the same three behind Caddy in a container."""
    web = cloud.deploy("web", image, port=3000, publish=free_port, replicas=3)
    caddy = (
        cloud.image("debian:bookworm-slim")
        .run("apt-get update", "apt-get install -yq --no-install-recommends caddy")
        .build(tag="cloudkit-bench/caddy:1")
    )
    backends = [f"{replica.address}:3000" for replica in web.status().replicas]
    network = cloud.backend.namespace
    proxy = docker.run(
        "--network", network, "--publish", "127.0.0.1::80", str(caddy.digest),
        "caddy", "reverse-proxy", "--from", ":80", *(word for one in backends for word in ("--to", one)),
    )  # fmt: skip
    peer = "http://" + docker("port", proxy, "80/tcp")
    ask(peer)

    ours, theirs = rate(wrk, web.url), rate(wrk, peer)

    table.add("requests to 3 replicas", ours=ours, peer=theirs, peer_name="caddy", unit="1/s")


def rate(wrk: str, url: str) -> float:
    """Requests a second, none of which failed."""
    outcome = Load(wrk, url, seconds=SECONDS).outcome()
    assert outcome.failed == 0, outcome
    return outcome.rate
