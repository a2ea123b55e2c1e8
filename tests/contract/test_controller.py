"""Laws of a controller: what is lost comes back though nobody asks, and what is wanted is carried on."""

from __future__ import annotations

import pytest
from contract.drivers.driver import PORT, Driver, Verb
from contract.seen import eventually, ids

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import UnsupportedError

ONCE = Verb(name="controller", options={"once": True})
LONG = 60.0  # seconds, as a controller lets others finish what they may be at


def test_a_lost_replica_comes_back(driver: Driver, web: App) -> None:
    """The other stays as it was, and so does what is wanted."""
    lost, kept = web.status().replicas

    with driver.controller():
        driver.lose(lost)
        eventually(driver, lambda: lost.id not in ids(web) and web.status().ready == 2, seconds=LONG)

    state = web.status()
    assert (state.generation, state.revision) == (1, 1)
    assert [kept.started_at] == [one.started_at for one in state.replicas if one.id == kept.id]


def test_a_stopped_app_stays_stopped(driver: Driver, web: App) -> None:
    """A controller does what is wanted, not what was."""
    web.stop()

    with driver.controller():
        driver.pause(5)

    assert web.status().ready == 0
    assert web.status().settled


def test_a_replica_that_does_not_live_is_replaced(driver: Driver, cloud: Cloud) -> None:
    """Or started again in its place, as the engine has it; the other is not touched."""
    live = f"http:{PORT}/live every 1s failures 2"
    web = cloud.deploy("web", driver.image, port=PORT, publish=False, replicas=2, liveness=live)
    sick, well = web.status().replicas
    began = {one.id: one.started_at for one in (sick, well)}

    def cured() -> bool:
        state = web.status()
        return state.settled and all(one.id != sick.id or one.started_at != began[sick.id] for one in state.replicas)

    with driver.controller():
        driver.sicken("web", sick)
        eventually(driver, cured, seconds=LONG)

    assert [began[well.id]] == [one.started_at for one in web.status().replicas if one.id == well.id]
    assert web.status().generation == 1


def test_what_is_as_wanted_is_left_alone(cloud: Cloud, web: App) -> None:
    """One pass does nothing then."""
    before = web.status()

    told = _once(cloud)

    after = web.status()
    assert [one.object for one in told if one.app] == []
    assert [(one.id, one.started_at) for one in after.replicas] == [(one.id, one.started_at) for one in before.replicas]


def test_a_killed_controller_is_carried_on_by_the_next(driver: Driver, web: App) -> None:
    """In front of whichever change of the engine it was killed."""
    for point in driver.kill_points:
        driver.lose(web.status().replicas[0])

        killed = not driver.heals and driver.kill(ONCE, point)
        _once(driver.second())
        eventually(driver, lambda: web.status().settled, seconds=LONG)

        state = web.status()
        assert (state.ready, state.generation, state.revision) == (2, 1, 1), point
        if not killed:
            break


def test_an_interrupted_roll_is_carried_on(driver: Driver, web: App) -> None:
    """To what its record wants: nothing of the old revision is left."""
    roll = Verb(name="deploy", app="web", options={"env": {"BODY": "new"}})
    driver.kill(roll, driver.kill_points[-2])
    wanted = web.status()

    _once(driver.second())
    eventually(driver, lambda: web.status().settled, seconds=LONG)

    state = web.status()
    assert (state.generation, state.revision) == (wanted.generation, wanted.revision)
    assert {one.revision for one in state.replicas} == {wanted.revision}


def test_a_plan_shows_what_is_to_be_healed(driver: Driver, cloud: Cloud, web: App) -> None:
    """And heals nothing."""
    if driver.heals:
        with pytest.raises(UnsupportedError, match="heals by itself"):
            cloud.controller()
        return
    driver.lose(web.status().replicas[0])

    with cloud.planning() as plans:
        told = list(cloud.controller())

    assert (told, [one.app for one in plans], [one.generation for one in plans]) == ([], ["web"], [1])
    assert web.status().ready == 1


def _once(cloud: Cloud) -> list[object]:
    """Let a controller do what is to be done; an engine that heals by itself refuses one."""
    try:
        return list(cloud.controller(once=True))
    except UnsupportedError:
        return []
