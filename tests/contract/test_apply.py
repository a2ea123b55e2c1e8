"""Laws of deploying: what is wanted comes true, once, or says why not."""

from __future__ import annotations

import pytest
from contract.drivers.driver import PORT, Driver
from contract.seen import ids

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import CloudkitError, NotFoundError, RolloutError
from cloudkit.model.cause import CauseCode
from cloudkit.model.secret import Secret
from cloudkit.model.state import AppPhase


def test_what_was_deployed_is_ready_and_answers(driver: Driver, cloud: Cloud) -> None:
    """A deploy returns when the app takes requests at its url."""
    port = driver.free_port()

    web = cloud.deploy("web", driver.image, port=PORT, publish=port, env={"BODY": "good morning"})

    state = web.status()
    assert (state.phase, state.ready, state.generation, state.revision) == (AppPhase.READY, 1, 1, 1)
    assert web.url == driver.address(port)
    assert driver.get(web.url).body.startswith("good morning from web-")
    assert state.spec.image.digest is not None


def test_applying_twice_restarts_nothing(driver: Driver, web: App, cloud: Cloud) -> None:
    """The second time there is nothing to do, so nothing is done."""
    before = web.status()

    cloud.deploy("web", driver.image, port=PORT, publish=before.spec.ports[0].publish, replicas=2)

    after = web.status()
    assert (after.generation, after.revision) == (before.generation, before.revision)
    assert [(one.id, one.started_at) for one in after.replicas] == [(one.id, one.started_at) for one in before.replicas]


def test_a_deploy_without_a_number_keeps_the_number(driver: Driver, web: App, cloud: Cloud) -> None:
    """A deployment of a new image says nothing of how many."""
    web.scale(3)

    cloud.deploy("web", driver.other_image(BODY="new"), port=PORT, publish=web.status().spec.ports[0].publish)

    assert web.status().ready == 3


def test_not_waiting_returns_before_the_app_is_ready(driver: Driver, cloud: Cloud) -> None:
    """And a wait brings it there."""
    web = cloud.deploy("web", driver.image, port=PORT, publish=False, env={"START_DELAY": "2"}, wait=False)

    at_once = web.status()
    web.wait(timeout=60)

    assert (at_once.phase, at_once.ready) == (AppPhase.PROGRESSING, 0)
    assert web.status().phase is AppPhase.READY


def test_a_deploy_of_what_is_on_its_way_waits_for_it(driver: Driver, cloud: Cloud) -> None:
    """There is nothing to do but wait, and a deploy waits."""
    options = {"port": PORT, "publish": False, "env": {"START_DELAY": "2"}}
    cloud.deploy("web", driver.image, wait=False, **options)

    web = cloud.deploy("web", driver.image, **options)

    assert web.status().phase is AppPhase.READY
    assert web.status().generation == 1


def test_a_failed_first_deploy_names_the_cause_and_stays_to_be_looked_at(driver: Driver, cloud: Cloud) -> None:
    """The evidence holds the exit code and the last lines; nobody has to search."""
    env = {"START_DELAY": "60", "EXIT_AFTER": "0.2", "EXIT_CODE": "7"}

    with pytest.raises(RolloutError) as caught:
        cloud.deploy("web", driver.image, port=PORT, publish=False, env=env)

    cause = caught.value.cause
    assert cause.code is CauseCode.CRASH_LOOP
    assert "7" in " ".join((cause.summary, *cause.evidence))
    assert any("last words" in line for line in cause.evidence)
    assert cloud.app("web").status().phase in {AppPhase.FAILED, AppPhase.PROGRESSING}
    assert cloud.app("web").status().replicas


def test_an_app_that_listens_elsewhere_is_told_so(driver: Driver, cloud: Cloud) -> None:
    """With where it does listen, and long before any deadline."""
    with pytest.raises(RolloutError) as caught:
        cloud.deploy("web", driver.image, port=PORT, publish=False, env={"LISTEN_PORT": "9090"})

    assert caught.value.cause.code is CauseCode.OTHER_PORT
    assert "9090" in str(caught.value)


def test_a_taken_port_is_said_before_anything_changes(driver: Driver, cloud: Cloud) -> None:
    """And nothing half-made stays behind."""
    with driver.taken_port() as port, pytest.raises(CloudkitError, match=str(port)):
        cloud.deploy("web", driver.image, port=PORT, publish=port)

    assert cloud.apps() == ()
    assert driver.leftovers("web") == []


def test_a_port_of_another_app_is_refused_by_its_number(driver: Driver, web: App, cloud: Cloud) -> None:
    """The other app goes on answering."""
    port = web.status().spec.ports[0].publish

    with pytest.raises(CloudkitError, match=str(port)):
        cloud.deploy("other", driver.image, port=PORT, publish=port)

    assert driver.get(web.url).status == 200


def test_an_app_that_is_not_there_is_not_found(cloud: Cloud) -> None:
    """For every question."""
    web = cloud.app("web")

    for ask in (web.status, web.stats, web.revisions, lambda: list(web.logs()), lambda: web.exec("true")):
        with pytest.raises(NotFoundError, match="web"):
            ask()


def test_a_secret_is_seen_by_its_program_and_by_nobody_else(driver: Driver, cloud: Cloud) -> None:
    """Not in labels, names, states, plans, events or errors."""
    web = cloud.deploy("web", driver.image, port=PORT, publish=False, env={"TOKEN": Secret("hunter2")})

    assert web.exec("printenv", "TOKEN").output == "hunter2\n"
    assert "hunter2" not in driver.visible("web")
    assert "hunter2" not in repr(web.revisions())
    assert driver.second().app("web").status().spec.env["TOKEN"] == Secret("hunter2")


def test_a_changed_secret_rolls(driver: Driver, cloud: Cloud) -> None:
    """What nobody may see still counts as a change."""
    options = {"port": PORT, "publish": False}
    web = cloud.deploy("web", driver.image, env={"TOKEN": Secret("one")}, **options)
    before = ids(web)

    cloud.deploy("web", driver.image, env={"TOKEN": Secret("two")}, **options)

    assert web.exec("printenv", "TOKEN").output == "two\n"
    assert ids(web).isdisjoint(before)
