"""Laws of state: it is on the engine, all of it, and nothing else there is ours."""

from __future__ import annotations

from contract.drivers.driver import PORT, Driver

from cloudkit.app import App
from cloudkit.cloud import Cloud


def test_a_second_process_sees_the_same_apps(driver: Driver, web: App) -> None:
    """The engine is all that two processes share."""
    web.deploy(env={"BODY": "two"}, cpu="500m", labels={"team": "shop"}, readiness="/")

    other = driver.second().app("web")

    mine, theirs = web.status(), other.status()
    assert (mine.spec, mine.generation, mine.revision, mine.url) == (
        theirs.spec, theirs.generation, theirs.revision, theirs.url
    )  # fmt: skip
    assert {one.id for one in mine.replicas} == {one.id for one in theirs.replicas}
    assert [(one.number, one.spec, one.current) for one in web.revisions()] == [
        (one.number, one.spec, one.current) for one in other.revisions()
    ]


def test_a_second_process_can_go_on(driver: Driver, web: App) -> None:
    """It scales, rolls back and deletes what another one deployed."""
    web.deploy(env={"BODY": "two"})
    other = driver.second().app("web")

    other.scale(3).rollback()

    assert driver.get(web.url).body.startswith("hello from")
    assert web.status().ready == 3


def test_deleting_leaves_nothing(driver: Driver, web: App, cloud: Cloud) -> None:
    """No replica, no balancer, no revision, no port."""
    port = web.status().spec.ports[0].publish
    web.deploy(env={"BODY": "two"})

    web.delete()

    assert driver.leftovers("web") == []
    assert cloud.apps() == ()
    driver.pause(driver.lag)
    answer = driver.get(driver.address(port))
    assert answer.status == 0 or "two" not in answer.body  # another test may have been given the port since


def test_deleting_twice_is_no_error(cloud: Cloud, web: App) -> None:
    """Nor is deleting what never was."""
    web.delete()
    web.delete()
    cloud.app("never").delete()

    assert cloud.backend.plan_delete("web").empty


def test_what_was_deleted_can_be_deployed_again(driver: Driver, web: App, cloud: Cloud) -> None:
    """From the beginning, on the same port."""
    port = web.status().spec.ports[0].publish
    web.deploy(env={"BODY": "old"})
    web.delete()

    again = cloud.deploy("web", driver.image, port=PORT, publish=port)

    state = again.status()
    assert (state.ready, state.generation, state.revision) == (1, 1, 1)
    assert driver.get(again.url).body.startswith("hello from")


def test_nothing_outside_its_labels_is_touched(driver: Driver, cloud: Cloud) -> None:
    """Whatever stands beside, under names however alike, is as it was after a whole life of an app."""
    with driver.bystander() as look:
        before = look()
        web = cloud.deploy("web", driver.image, port=PORT, publish=0, replicas=2)
        web.scale(3).deploy(env={"BODY": "new"}).restart().rollback().stop().start()
        driver.lose(web.status().replicas[0])
        web.scale(1)
        assert [one.name for one in cloud.apps()] == ["web"]
        web.delete()

        assert look() == before
