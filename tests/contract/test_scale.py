"""Laws of numbers: up, down, none, stopped and started."""

from __future__ import annotations

from contract.drivers.driver import Driver
from contract.seen import ids

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.model.state import AppPhase, ReplicaPhase


def test_scaling_up_adds_and_touches_nothing(web: App) -> None:
    """Those that ran go on."""
    before = ids(web)

    web.scale(4)

    state = web.status()
    assert (state.ready, len(state.replicas), state.generation, state.revision) == (4, 4, 2, 1)
    assert before < ids(web)


def test_scaling_down_removes_and_touches_nothing_else(web: App) -> None:
    """What stays had been there before."""
    before = ids(web)

    web.scale(1)

    state = web.status()
    assert (state.ready, len(state.replicas), state.revision) == (1, 1, 1)
    assert ids(web) < before


def test_scaling_down_under_load_fails_no_request(driver: Driver, web: App) -> None:
    """A replica answers what it has taken before it goes."""
    web.deploy(env={"LATENCY": "0.2"})

    with driver.load(web.url) as load:
        web.scale(4)
        web.scale(1)
        driver.pause(0.5)

    assert load.count > 20
    assert load.failures == []


def test_none_is_a_number(driver: Driver, web: App) -> None:
    """An app of no replicas is there, settled, and comes back."""
    web.scale(0)
    none = web.status()

    web.scale(2)

    assert (none.replicas, none.settled, none.phase) == ((), True, AppPhase.READY)
    assert web.status().ready == 2
    assert driver.get(web.url).status == 200


def test_a_stop_that_was_asked_for_is_no_crash(driver: Driver, web: App) -> None:
    """Stopped replicas are kept where the engine can, and the code that they ended with is nothing to worry about."""
    before = ids(web)

    web.stop()

    state = web.status()
    assert (state.phase, state.ready, state.cause) == (AppPhase.STOPPED, 0, None)
    assert {one.phase for one in state.replicas} <= {ReplicaPhase.STOPPED}
    assert ids(web) == (before if driver.keeps_stopped else set())
    driver.pause(driver.lag)
    assert driver.get(web.url or "http://localhost:1").status != 200


def test_start_brings_the_same_replicas_back(driver: Driver, web: App) -> None:
    """Or such as they were: as a stop only paused them, no revision is made."""
    before = ids(web)
    web.stop()

    web.start()

    state = web.status()
    assert (state.phase, state.ready, state.revision) == (AppPhase.READY, 2, 1)
    assert (ids(web) == before) is driver.keeps_stopped
    assert driver.get(web.url).status == 200


def test_a_number_set_while_stopped_holds_at_the_start(web: App) -> None:
    """Nothing runs until then."""
    web.stop().scale(3)
    stopped = web.status()

    web.start()

    assert (stopped.phase, stopped.ready) == (AppPhase.STOPPED, 0)
    assert web.status().ready == 3


def test_apps_are_listed_by_name(driver: Driver, web: App, cloud: Cloud) -> None:
    """Each with its state."""
    cloud.deploy("api", driver.image, replicas=1)

    assert [(one.name, one.ready) for one in cloud.apps()] == [("api", 1), ("web", web.status().ready)]
