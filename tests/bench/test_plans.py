"""What it costs to plan 200 apps on the twin, against making what is wanted of them alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.table import Table
from cloudkit.declared import Declared, app
from cloudkit.testing import cloud

pytestmark = pytest.mark.bench
APPS = 200
TURNS = 5
PEER = "making the 200 specs"


def wanted(number: int) -> list[Declared]:
    """Return the apps, each with some options."""
    return [
        app(f"app{index}x", "web:1", port=3000, publish=False, env={"N": str(number)}, cpu="100m", memory="64Mi")
        for index in range(APPS)
    ]


def spent(act: Callable[[], object]) -> float:
    """Return the shortest processor time of some turns."""
    times = []
    for _ in range(TURNS):
        began = time.process_time()
        act()
        times.append(time.process_time() - began)
    return min(times)


def test_planning_200_apps(table: Table, tmp_path: Path) -> None:
    """Look, compare and decide; name all of it; write it to a file; read it."""
    memory = cloud()
    memory.image("web:1").pull()
    memory.apply(*wanted(0), name="shop")
    changed = wanted(1)
    with memory.planning() as plans:
        memory.apply(*changed, name="shop")
    assert len(plans) == APPS
    assert not any(plan.empty for plan in plans)

    def plan() -> None:
        with memory.planning():
            memory.apply(*changed, name="shop")

    file = plans.save(tmp_path / "plan.json")
    peer = spent(lambda: wanted(1))
    for what, act in {
        "plan 200 declared apps": plan,
        "the digest of the 200 plans": lambda: plans.digest,
        "write them to a file": lambda: plans.save(file),
        "read them from it": lambda: memory.load_plans(file),
    }.items():
        table.add(what, ours=spent(act), peer=peer, peer_name=PEER, unit="s")

    assert memory.load_plans(file).digest == plans.digest
