"""The scheduler puts replicas where the spec says."""

from __future__ import annotations

import pytest

from cloudkit.app import App
from cloudkit.cloud import Cloud

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]

SLEEP = ("sleep", "600")


def test_replicas_that_keep_apart_are_on_nodes_of_their_own(cloud: Cloud, image: str) -> None:
    """And a roll of them, one fewer at a time, goes through where nodes are few."""
    web = cloud.deploy("web", image, command=SLEEP, replicas=2, apart="web", max_surge=0, max_unavailable=1)
    before = nodes(web)

    web.restart()

    assert len(before) == len(nodes(web)) == 2


def test_who_is_near_is_on_the_same_node(cloud: Cloud, image: str) -> None:
    """Both replicas of one app go where the other app's replica is."""
    db = cloud.deploy("db", image, command=SLEEP)

    web = cloud.deploy("web", image, command=SLEEP, replicas=2, near="db")

    assert nodes(web) == nodes(db)


def test_replicas_spread_evenly(cloud: Cloud, image: str) -> None:
    """Two on each of two nodes."""
    web = cloud.deploy("web", image, command=SLEEP, replicas=4, spread="node required")

    counted = [one.node for one in web.status().replicas]
    assert sorted(counted.count(node) for node in set(counted)) == [2, 2]


def nodes(app: App) -> set[str]:
    """Return the nodes that an app's replicas are on."""
    return {one.node for one in app.status().replicas}
