"""Laws of apps that follow their load."""

from __future__ import annotations

import pytest
from contract.drivers.driver import Driver
from contract.seen import eventually

from cloudkit.cloud import Cloud
from cloudkit.errors import UsageError
from cloudkit.model.autoscale import Autoscale

LONG = 180.0  # seconds, as a cluster measures its pods every 15 and lets young ones be


def test_a_busy_app_grows_to_its_bound_and_is_ours_again_afterwards(driver: Driver, cloud: Cloud) -> None:
    """Nobody asks for each step; once it follows no more, the number is set by hand."""
    busy = cloud.deploy("web", driver.image, env={"CPU": "0.3"}, cpu_request="100m", autoscale="1-3 cpu 50%")
    assert busy.status().desired == 1

    with driver.controller():
        eventually(driver, lambda: busy.status().ready == 3, seconds=LONG)
        with pytest.raises(UsageError, match="follows its load"):
            busy.scale(1)
        busy.restart()

    grown = busy.status()
    busy.autoscale(off=True)
    busy.scale(1)
    assert (grown.desired, grown.settled, grown.spec.autoscale) == (3, True, Autoscale(min=1, max=3, cpu=50))
    assert (busy.status().ready, busy.status().spec.autoscale) == (1, None)


def test_an_idle_app_stays_within_its_bounds(driver: Driver, cloud: Cloud) -> None:
    """The fewest are there from the beginning, also after it was stopped, and the plan of what is there is empty."""
    idle = cloud.deploy("web", driver.image, cpu_request="100m").autoscale(min=2, max=4, cpu=80)
    first = idle.status()

    idle.stop()
    stopped = idle.status().desired
    idle.start()
    again = idle.status()

    with cloud.planning() as plans:
        idle.autoscale(max=4)
    wider = idle.autoscale(min=3).status()
    assert (first.ready, stopped, again.ready) == (2, 0, 2)
    assert [plan.empty for plan in plans] == [True]
    assert (wider.ready, wider.settled) == (3, True)


def test_what_there_is_no_measure_for_is_refused(driver: Driver, cloud: Cloud) -> None:
    """A percentage of nothing is none, and the error names what to request."""
    web = cloud.deploy("web", driver.image)

    with pytest.raises(UsageError, match="requests"):
        web.autoscale(max=4, cpu=80)
    with pytest.raises(UsageError, match="max is None"):
        web.autoscale(cpu=80)

    assert web.status().spec.autoscale is None
