"""What a rolling update costs those who send requests meanwhile."""

from __future__ import annotations

import time

import pytest

from bench.load import Load
from bench.table import Table
from cloudkit import BuiltImage, Cloud

pytestmark = [pytest.mark.bench, pytest.mark.engine]
ROLLS = 6
LEAST = 20_000


def test_no_request_fails_while_an_app_rolls(
    cloud: Cloud, image: BuiltImage, free_port: int, wrk: str, table: Table
) -> None:
    """Of at least 20,000 requests over several rolls, rollbacks and scalings none fails."""
    web = cloud.deploy("web", image, port=3000, publish=free_port, replicas=3)
    load = Load(wrk, web.url, seconds=45)
    time.sleep(1)

    times = []
    for number in range(ROLLS):
        started = time.perf_counter()
        web.deploy(env={"ROLL": str(number)})
        times.append(time.perf_counter() - started)
    web.rollback()
    web.scale(5)
    web.scale(2)
    outcome = load.outcome()

    table.add(
        f"failed of {outcome.requests:,} requests over {ROLLS} rolls, a rollback, two scalings",
        ours=outcome.failed, peer=0, peer_name="none", unit="requests",
    )  # fmt: skip
    table.add("roll of 3 replicas under load", ours=sum(times) / ROLLS, peer=0, peer_name="-", unit="s")
    assert outcome.failed == 0
    assert outcome.requests >= LEAST
