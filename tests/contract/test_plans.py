"""Laws of several plans as one value: they are what happens, all or none at first, and once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from contract.drivers.driver import Driver
from contract.seen import ids

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import ConfigError, ConflictError, RolloutError
from cloudkit.model.plan import Risk
from cloudkit.model.secret import Secret
from cloudkit.plans import Plans


@pytest.fixture
def api(driver: Driver, web: App) -> App:
    """A second app, private, of one replica; it is there after the first."""
    assert web.status().ready == 2
    return driver.cloud.deploy("api", driver.image, port=8080, publish=False)


def test_plans_of_several_apps_are_what_happens(driver: Driver, cloud: Cloud, web: App, api: App) -> None:
    """One app changes, one comes, one goes; afterwards all is as planned, and the same again is nothing to do."""
    with cloud.planning() as plans:
        web.scale(3).deploy(env={"BODY": "new"})
        cloud.deploy("jobs", driver.image, kind="worker", env={"BODY": "jobs"})
        api.delete()
    assert (web.status().generation, [one.name for one in cloud.apps()]) == (1, ["api", "web"])

    states = plans.apply()

    assert [plan.app for plan in plans] == ["web", "jobs", "api"]
    assert [(one.name, one.spec) for one in states] == [(one.app, one.after) for one in plans if one.after]
    assert {one.name: (one.ready, one.settled) for one in cloud.apps()} == {"jobs": (1, True), "web": (3, True)}
    with cloud.planning() as again:
        web.scale(3).deploy(env={"BODY": "new"})
        cloud.app("jobs").deploy(env={"BODY": "jobs"})
        api.delete()
    assert again.empty
    assert set(plans.risks) == {Risk.DOWNTIME, Risk.REMOVES, Risk.REPLACES}


def test_one_of_several_plans_can_be_chosen(cloud: Cloud, web: App, api: App) -> None:
    """The others stay plans, and can be made later."""
    with cloud.planning() as plans:
        web.scale(1)
        api.scale(2)

    plans.only("api").apply()
    assert (web.status().ready, api.status().ready) == (2, 2)

    plans.apply()
    assert (web.status().ready, api.status().generation) == (1, 2)


def test_a_plan_goes_through_a_file_without_its_secrets(
    driver: Driver, cloud: Cloud, web: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process makes it: the secret that stays is what is there, the new one is given again."""
    web.deploy(env={"KEPT": Secret("hunter2")}, secrets={"file": Secret("hunter5")})
    with cloud.planning() as plans:
        web.deploy(env={"KEPT": Secret("hunter2"), "NEW": Secret("hunter3")}, config={"/etc/a.conf": "a = 1\n"})
    file = plans.save(tmp_path / "plan.json")
    assert "hunter" not in file.read_text()

    loaded = driver.second().load_plans(file)
    assert (loaded.digest, loaded.diff(), str(loaded)) == (plans.digest, plans.diff(), str(plans))
    with pytest.raises(ConfigError, match="web:NEW"):
        loaded.apply()
    assert web.status().generation == 2
    monkeypatch.setenv("CLOUDKIT_SECRET_WEB_NEW", "hunter3")
    loaded.checked(plans.digest).apply()

    assert web.status().spec == plans[0].after


def test_where_one_plan_is_stale_none_is_made(driver: Driver, cloud: Cloud, web: App, api: App) -> None:
    """Also where it is the last; the error says what has changed and how to go on."""
    with cloud.planning() as plans:
        web.scale(1)
        api.scale(3)
    driver.second().app("api").deploy(env={"BODY": "theirs"})
    before = (ids(web), ids(api))

    with pytest.raises(ConflictError, match="'api' is no longer") as caught:
        plans.apply()

    assert (ids(web), ids(api)) == before
    assert (web.status().generation, api.status().generation) == (1, 2)
    assert caught.value.evidence == ("api: planned from generation 1, now 2", '+env.BODY: "theirs"')
    assert "plan again" in caught.value.hint


def test_a_plan_for_what_has_gone_or_come_is_stale(driver: Driver, cloud: Cloud, web: App, api: App) -> None:
    """An app that was deleted does not come back by an old plan, and one that came is not rolled."""
    with cloud.planning() as gone:
        api.scale(2)
    with cloud.planning() as come:
        cloud.deploy("jobs", driver.image, kind="worker")
    api.delete()
    cloud.deploy("jobs", driver.image, kind="worker", env={"BODY": "theirs"})

    for plans in (gone, come):
        with pytest.raises(ConflictError, match="nothing was changed"):
            plans.apply()

    assert {one.name: one.generation for one in cloud.apps()} == {"jobs": 1, web.name: 1}


def test_the_same_plans_made_twice_act_once(cloud: Cloud, web: App, api: App) -> None:
    """The second time all is there already."""
    with cloud.planning() as plans:
        web.restart()
        api.scale(2)
    first = plans.apply()
    before = (ids(web), ids(api))

    second = plans.apply()

    assert (ids(web), ids(api)) == before
    assert [(one.name, one.generation, one.ready) for one in second] == [("web", 2, 2), ("api", 2, 2)]
    assert [one.spec for one in second] == [one.spec for one in first]


def test_the_same_plans_made_twice_at_once_act_once(driver: Driver, cloud: Cloud, web: App, tmp_path: Path) -> None:
    """Two processes have the same file: one generation more, and the replicas of one revision."""
    with cloud.planning() as plans:
        web.restart()
    file = plans.save(tmp_path / "plan.json")
    start, outcomes = threading.Barrier(2), list[object]()

    def make(loaded: Plans) -> None:
        start.wait()
        try:
            outcomes.append(loaded.apply())
        except Exception as error:  # noqa: BLE001  # whatever it is, the law says there is none
            outcomes.append(error)

    threads = [threading.Thread(target=make, args=(one.load_plans(file),)) for one in (cloud, driver.second())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [error for error in outcomes if isinstance(error, Exception)] == []
    state = web.wait().status()
    assert (state.generation, state.revision, state.ready, len(state.replicas)) == (2, 2, 2, 2)
    assert state.spec == plans[0].after


def test_where_one_of_several_fails_each_is_told(cloud: Cloud, web: App, api: App, driver: Driver) -> None:
    """What was done, what failed, and what was not begun; which is what is there then."""
    jobs = cloud.deploy("jobs", driver.image, kind="worker")
    with cloud.planning() as plans:
        web.scale(1)
        api.deploy(env={"START_DELAY": "60", "EXIT_AFTER": "0.1", "EXIT_CODE": "3"}, deadline=20)
        jobs.scale(2)

    with pytest.raises(RolloutError) as caught:
        plans.apply()

    assert caught.value.evidence[-3:] == ("web: applied", "api: failed, for the reason above", "jobs: not begun")
    assert (web.status().ready, jobs.status().generation, jobs.status().ready) == (1, 1, 1)
    assert "EXIT_CODE" not in api.status().spec.env


def test_a_plan_that_was_interrupted_goes_on(cloud: Cloud, web: App) -> None:
    """Whoever did not wait, or was killed, applies it again and has it whole."""
    with cloud.planning() as plans:
        web.scale(4)
    plans.apply(wait=False)

    (state,) = plans.apply()

    assert (state.generation, state.ready, state.settled) == (2, 4, True)
