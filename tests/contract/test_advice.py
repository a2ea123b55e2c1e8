"""Laws of advice: how many replicas an app could have."""

from __future__ import annotations

import pytest
from contract.drivers.driver import Driver
from contract.seen import eventually

from cloudkit.cloud import Cloud
from cloudkit.errors import NotFoundError


def test_the_present_number_comes_first(driver: Driver, cloud: Cloud) -> None:
    """Where nothing is requested, nothing speaks for another one."""
    web = cloud.deploy("web", driver.image, replicas=2)

    assert [(one.replicas, one.reason) for one in web.advise()] == [(2, "now, 2/2 ready")]


def test_a_busy_app_is_advised_to_have_more(driver: Driver, cloud: Cloud) -> None:
    """By the formula that autoscaling has, also where nobody scales it."""
    web = cloud.deploy("web", driver.image, env={"CPU": "0.3"}, cpu_request="100m")

    eventually(driver, lambda: any(one.replicas > 1 and "advised" in one.reason for one in web.advise()), seconds=180)

    assert web.status().ready == 1


def test_an_app_that_is_not_there_is_not_advised(cloud: Cloud) -> None:
    """As any other question about it."""
    with pytest.raises(NotFoundError, match="nobody"):
        cloud.app("nobody").advise()
