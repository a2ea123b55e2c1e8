"""Laws of change: one revision takes over from another with nobody noticing, or does not take over at all."""

from __future__ import annotations

import pytest
from contract.drivers.driver import PORT, Driver
from contract.seen import ids

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import NotFoundError, RolloutError
from cloudkit.model.cause import CauseCode
from cloudkit.model.state import AppPhase

OTHER = 9090


def test_a_roll_fails_no_request(driver: Driver, cloud: Cloud) -> None:
    """While every replica is replaced, every request is answered well, also those that were under way."""
    web = cloud.deploy("web", driver.image, port=PORT, publish=0, replicas=2, env={"LATENCY": "0.2"})
    before = ids(web)

    with driver.load(web.url) as load:
        web.deploy(env={"BODY": "new", "LATENCY": "0.2"})
        driver.pause(0.5)

    state = web.status()
    assert load.count > 20
    assert load.failures == []
    assert (state.phase, state.ready, state.revision, len(state.replicas)) == (AppPhase.READY, 2, 2, 2)
    assert ids(web).isdisjoint(before)
    assert driver.get(web.url).body.startswith("new from")


def test_a_roll_to_another_port_fails_no_request(driver: Driver, cloud: Cloud) -> None:
    """Old replicas are asked where they listen, new ones where those do; the address outside stays."""
    web = cloud.deploy("web", driver.image, port=PORT, publish=0, replicas=2, env={"LATENCY": "0.2"})
    url = web.url

    with driver.load(url) as load:
        web.deploy(port=OTHER, env={"LISTEN_PORT": str(OTHER), "BODY": "moved", "LATENCY": "0.2"})
        driver.pause(driver.lag)

    state = web.status()
    assert load.count > 20
    assert load.failures == []
    assert (state.url, state.ready, state.revision, len(state.replicas)) == (url, 2, 2, 2)
    assert driver.get(url).body.startswith("moved from")
    assert cloud.backend.plan(state.spec).empty


def test_a_failed_roll_to_another_port_returns_to_the_old_one(driver: Driver, web: App) -> None:
    """The old replicas are asked where they listen, and checked there, all the time."""
    before = web.status()

    with driver.load(web.url) as load, pytest.raises(RolloutError):
        web.deploy(port=OTHER)
    driver.pause(driver.lag)

    after = web.status()
    assert load.failures == []
    assert (after.url, after.spec, after.ready) == (before.url, before.spec, 2)
    assert {one.id for one in after.replicas} == {one.id for one in before.replicas}
    assert driver.cloud.backend.plan(after.spec).empty


def test_another_image_rolls(driver: Driver, web: App) -> None:
    """What runs is what was resolved, by its digest."""
    port = web.status().spec.ports[0]

    driver.cloud.deploy("web", driver.other_image(BODY="second"), port=port)

    state = web.status()
    assert driver.get(web.url).body.startswith("second from")
    assert {one.image.digest for one in state.replicas} == {state.spec.image.digest}
    assert [one.number for one in web.revisions()] == [2, 1]
    assert [one.current for one in web.revisions()] == [True, False]


@pytest.mark.parametrize(
    ("env", "code"),
    [
        ({"START_DELAY": "60", "EXIT_AFTER": "0.2", "EXIT_CODE": "5"}, CauseCode.CRASH_LOOP),
        ({"LISTEN_PORT": "9090"}, CauseCode.OTHER_PORT),
    ],
)
def test_a_failed_roll_returns_to_the_old_revision(
    driver: Driver, web: App, env: dict[str, str], code: CauseCode
) -> None:
    """It answers all the time, and the error says why the new one did not come up."""
    before = web.status()

    with driver.load(web.url) as load, pytest.raises(RolloutError) as caught:
        web.deploy(env=env)

    after = web.status()
    assert caught.value.cause.code is code
    assert load.failures == []
    assert (after.spec, after.phase, after.ready) == (before.spec, AppPhase.READY, 2)
    assert {one.id for one in after.replicas} == {one.id for one in before.replicas}
    assert after.generation > before.generation
    assert [one.spec.env for one in web.revisions()] == [before.spec.env]


def test_the_deploy_after_a_failed_one_succeeds(driver: Driver, web: App) -> None:
    """Nothing of the failure is in its way."""
    with pytest.raises(RolloutError):
        web.deploy(env={"LISTEN_PORT": "9090"})

    web.deploy(env={"BODY": "third"})

    assert driver.get(web.url).body.startswith("third from")
    assert web.status().settled


def test_a_rollback_needs_no_number(driver: Driver, web: App) -> None:
    """It goes to what ran before, and keeps the number of replicas."""
    web.deploy(env={"BODY": "bad idea"}).scale(3)

    with driver.load(web.url) as load:
        web.rollback()

    state = web.status()
    assert load.failures == []
    assert driver.get(web.url).body.startswith("hello from")
    assert (state.ready, state.spec.env) == (3, {})
    assert state.revision > 1


def test_a_rollback_finds_a_revision_by_its_number(driver: Driver, web: App) -> None:
    """However long ago; one that was never there is not found."""
    for body in ("two", "three"):
        web.deploy(env={"BODY": body})

    web.rollback(1)

    assert driver.get(web.url).body.startswith("hello from")
    with pytest.raises(NotFoundError, match="77"):
        web.rollback(77)


def test_without_an_earlier_revision_there_is_no_rollback(web: App) -> None:
    """And nothing changes."""
    before = web.status()

    with pytest.raises(NotFoundError, match="earlier revision"):
        web.rollback()

    assert web.status().generation == before.generation


def test_a_restart_replaces_every_replica(driver: Driver, web: App) -> None:
    """With no failed request, and nothing else changed."""
    before = web.status()

    with driver.load(web.url) as load:
        web.restart()

    after = web.status()
    assert load.failures == []
    assert ids(web).isdisjoint(one.id for one in before.replicas)
    assert after.spec.replace(restarted="") == before.spec
    assert after.ready == 2


def test_new_options_of_the_same_template_replace_nothing(web: App) -> None:
    """How it rolls is no part of what runs."""
    before = ids(web)

    web.deploy(max_surge=2, drain="5s")

    state = web.status()
    assert (state.generation, state.revision) == (2, 1)
    assert ids(web) == before
