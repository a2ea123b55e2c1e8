"""Laws of the kinds of work that are reached or run all the time, and of what a kind is: it stays what it is."""

from __future__ import annotations

import pytest
from contract.drivers.driver import PORT, Driver
from contract.seen import eventually, ids

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError, UsageError
from cloudkit.model.state import AppPhase


def test_a_worker_is_ready_while_it_runs(driver: Driver, cloud: Cloud) -> None:
    """It has no port, so it is neither balanced nor published, and it rolls like all others."""
    work = cloud.deploy("work", driver.image, kind="worker", replicas=2)
    first = work.status()

    work.deploy(env={"BODY": "again"})

    state = work.status()
    assert (first.phase, first.ready, first.url, first.spec.kind) == (AppPhase.READY, 2, "", "worker")
    assert (state.phase, state.ready, state.url, state.revision) == (AppPhase.READY, 2, "", 2)
    assert {one.id for one in first.replicas}.isdisjoint(ids(work))


def test_a_worker_is_not_reached_by_its_name(driver: Driver, cloud: Cloud) -> None:
    """Whatever its program listens on."""
    cloud.deploy("work", driver.image, kind="worker")
    web = cloud.deploy("web", driver.image, port=PORT, publish=False)

    asked = web.exec("curl", f"http://work:{PORT}/")

    assert asked.exit_code != 0


def test_the_lines_of_a_worker_are_read(driver: Driver, cloud: Cloud) -> None:
    """As those of any app."""
    work = cloud.deploy("work", driver.image, kind="worker")

    eventually(driver, lambda: [line.text for line in work.logs(tail=1)] == ["started hello"])


def test_a_worker_becomes_a_service_by_an_ordinary_change(driver: Driver, cloud: Cloud) -> None:
    """And the other way round: they are one object."""
    app = cloud.deploy("web", driver.image, kind="worker")

    app.deploy(kind="service", port=PORT, publish=0)
    served = driver.get(app.url).status
    app.deploy(kind="worker", port=[])

    state = app.status()
    assert served == 200
    assert (state.spec.kind, state.url, state.ready) == ("worker", "", 1)


def test_a_daemon_runs_once_on_each_node(driver: Driver, cloud: Cloud) -> None:
    """And is reached as a service is."""
    agent = cloud.deploy("agent", driver.image, kind="daemon", port=PORT, publish=driver.free_port())

    state = agent.status()
    assert state.wanted is not None
    assert state.wanted >= 1
    assert (state.phase, state.ready, len(state.replicas)) == (AppPhase.READY, state.wanted, state.wanted)
    assert driver.get(agent.url).status == 200
    assert cloud.backend.plan(state.spec).empty


def test_a_daemon_is_rolled(driver: Driver, cloud: Cloud) -> None:
    """One of the new revision on each node, and none of the old."""
    agent = cloud.deploy("agent", driver.image, kind="daemon", port=PORT, publish=driver.free_port())
    before = agent.status()

    agent.deploy(env={"BODY": "new"})

    state = agent.status()
    assert (state.phase, state.ready, state.revision) == (AppPhase.READY, before.wanted, 2)
    assert {one.id for one in before.replicas}.isdisjoint(ids(agent))
    eventually(driver, lambda: driver.get(agent.url).body.startswith("new from"))


def test_a_daemon_is_stopped_and_started(driver: Driver, cloud: Cloud) -> None:
    """It is kept meanwhile."""
    agent = cloud.deploy("agent", driver.image, kind="daemon", port=PORT, publish=False)

    agent.stop()
    stopped = agent.status()
    agent.start()

    assert (stopped.phase, stopped.ready) == (AppPhase.STOPPED, 0)
    assert agent.status().phase is AppPhase.READY


def test_the_number_of_a_daemon_is_not_chosen(driver: Driver, cloud: Cloud) -> None:
    """The nodes say it."""
    agent = cloud.deploy("agent", driver.image, kind="daemon", port=PORT, publish=False)

    with pytest.raises(UsageError, match="not set for a daemon: each node runs one"):
        agent.scale(3)


@pytest.mark.parametrize(
    ("first", "second"), [("service", "stateful"), ("stateful", "service"), ("worker", "stateful")]
)
def test_a_kind_stays_what_it_is(driver: Driver, cloud: Cloud, first: str, second: str) -> None:
    """Another kind is refused before anything happens, with the way out, however many replicas there are."""
    app = _deployed(cloud, driver, first).scale(2)
    before = app.status()

    with pytest.raises(ConflictError, match=f"has the kind {first}; it cannot take the kind {second}") as caught:
        app.deploy(kind=second)
    with pytest.raises(ConflictError):
        _deployed(cloud, driver, second)

    assert "cloudkit delete app" in (caught.value.hint or "")
    assert (app.status().spec, app.status().generation) == (before.spec, before.generation)


def test_a_number_that_was_chosen_is_in_nobodys_way(driver: Driver, cloud: Cloud) -> None:
    """A daemon that takes the place of several is refused for its kind, not for a number that nobody gave."""
    _deployed(cloud, driver, "worker").scale(2)

    with pytest.raises(ConflictError, match="has the kind worker; it cannot take the kind daemon"):
        _deployed(cloud, driver, "daemon")


def test_another_kind_comes_after_a_delete(driver: Driver, cloud: Cloud) -> None:
    """Under the same name."""
    _deployed(cloud, driver, "service").delete()

    app = _deployed(cloud, driver, "stateful")

    assert (app.status().spec.kind, app.status().ready) == ("stateful", 1)


def _deployed(cloud: Cloud, driver: Driver, kind: str) -> App:
    return cloud.deploy("app", driver.image, kind=kind)
