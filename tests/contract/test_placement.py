"""Laws of placement: what nodes admit runs, and what none admits is told with what would mend it."""

from __future__ import annotations

import pytest
from contract.drivers.driver import Driver

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import RolloutError
from cloudkit.model.cause import CauseCode

NOWHERE = "example.com/no-node-has-this=label"


def test_a_node_that_has_the_labels_runs_it(driver: Driver, cloud: Cloud) -> None:
    """Every node says which system it runs, and a taint that nobody has keeps nobody away."""
    web = cloud.deploy("web", driver.image, node=["kubernetes.io/os=linux"], tolerate="gpu=yes:NoSchedule")

    assert web.status().ready == 1
    assert web.status().spec.placement.nodes == {"kubernetes.io/os": "linux"}


def test_what_no_node_admits_is_told_and_what_ran_goes_on(driver: Driver, web: App) -> None:
    """The error names the cause and a call that mends it."""
    with pytest.raises(RolloutError) as caught:
        web.deploy(node=[NOWHERE], timeout=8)

    assert caught.value.cause.code is CauseCode.UNSCHEDULABLE
    assert caught.value.cause.fix
    assert driver.get(web.url).status == 200
    assert web.status().spec.placement.nodes == {}
    assert web.status().ready == 2


def test_a_device_that_no_node_has_is_told(driver: Driver, cloud: Cloud) -> None:
    """The words name the device."""
    with pytest.raises(RolloutError) as caught:
        cloud.deploy("web", driver.image, devices={"example.com/quantum": 1}, timeout=8)

    assert caught.value.cause.code is CauseCode.UNSCHEDULABLE
    assert "example.com/quantum" in caught.value.cause.summary


def test_near_and_apart_are_the_apps_that_run_there(driver: Driver, cloud: Cloud, web: App) -> None:
    """Who is to be near nobody waits; a distance that is only preferred keeps nobody waiting."""
    near = cloud.deploy("near", driver.image, near="web")
    apart = cloud.deploy("apart", driver.image, apart=["apart", "web preferred"], spread="node")

    with pytest.raises(RolloutError) as caught:
        cloud.deploy("lonely", driver.image, near="nobody", timeout=8)

    assert (near.status().ready, apart.status().ready, web.status().ready) == (1, 1, 2)
    assert caught.value.cause.code is CauseCode.UNSCHEDULABLE
