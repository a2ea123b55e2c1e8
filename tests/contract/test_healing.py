"""Laws of repair: by the engine at once, by the next apply at the latest."""

from __future__ import annotations

import pytest
from contract.drivers.driver import PORT, Driver
from contract.seen import eventually, ids

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.model.state import AppPhase


def test_a_crash_is_healed(driver: Driver, web: App) -> None:
    """The engine restarts the replica in its place; nobody has to ask."""
    before = ids(web)
    victim = web.status().replicas[0]

    driver.crash("web", victim)
    eventually(driver, lambda: _restarts(web, victim.name) == 1 and web.status().settled)

    assert ids(web) == before
    assert web.status().phase is AppPhase.READY
    assert {driver.get(web.url).status for _ in range(6)} == {200}


def test_a_crash_is_no_change(driver: Driver, web: App, cloud: Cloud) -> None:
    """A plan after it is empty."""
    driver.crash("web", web.status().replicas[0])
    eventually(driver, lambda: web.status().settled)

    assert cloud.backend.plan(web.status().spec).empty


def test_a_lost_replica_is_made_again_by_the_next_apply(driver: Driver, web: App, cloud: Cloud) -> None:
    """The same spec repairs: the generation stays, what runs is not touched."""
    lost, kept = web.status().replicas
    driver.lose(lost)
    port = web.status().spec.ports[0]
    assert driver.heals or not cloud.backend.plan(web.status().spec).empty

    cloud.deploy("web", driver.image, port=port)

    state = web.status()
    assert (state.ready, state.generation, state.revision) == (2, 1, 1)
    assert kept.id in {one.id for one in state.replicas}
    assert lost.id not in {one.id for one in state.replicas}


def test_a_replica_stopped_by_hand_is_started_by_the_next_apply(driver: Driver, web: App, cloud: Cloud) -> None:
    """The same one."""
    before = ids(web)
    driver.halt(web.status().replicas[0])
    port = web.status().spec.ports[0]
    assert driver.heals or not cloud.backend.plan(web.status().spec).empty

    cloud.deploy("web", driver.image, port=port)

    assert web.status().ready == 2
    assert ids(web) == before


@pytest.mark.gap("kubernetes", "the pods of a Deployment are always restarted; what ends is a task there")
def test_what_is_not_to_be_restarted_stays_ended(driver: Driver, cloud: Cloud) -> None:
    """With restart ``never`` a crash stays as it is, to be looked at."""
    web = cloud.deploy("web", driver.image, port=PORT, publish=False, restart="never")
    victim = web.status().replicas[0]

    driver.crash("web", victim)
    eventually(driver, lambda: web.status().ready == 0)
    driver.pause(1)

    (replica,) = web.status().replicas
    assert (replica.id, replica.restarts, replica.exit_code) == (victim.id, 0, 3)


def _restarts(web: App, name: str) -> int:
    return next(one.restarts for one in web.status().replicas if one.name == name)
