"""Laws of stateful apps: each replica keeps its name and its volume, and they come and go in order."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from contract.drivers.driver import PORT, Driver, Verb
from contract.seen import eventually, ids, names

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError, RolloutError
from cloudkit.model.state import AppPhase, Replica

LONG = 60.0  # seconds, as a controller lets others finish what they may be at
OPTIONS: Mapping[str, object] = {"kind": "stateful", "port": PORT, "publish": 0, "volumes": "data:/data", "replicas": 2}


@pytest.fixture
def db(driver: Driver, cloud: Cloud) -> App:
    """A published stateful app of two replicas, each with a volume, ready."""
    return deployed(driver, cloud)


def deployed(driver: Driver, cloud: Cloud, *, replicas: int = 2, **env: str) -> App:
    """Deploy a published stateful app with a volume for each replica."""
    return cloud.deploy(
        "db", driver.image, kind="stateful", port=PORT, publish=driver.free_port(), volumes="data:/data",
        replicas=replicas, env=env,
    )  # fmt: skip


def test_replicas_are_numbered_from_zero(db: App) -> None:
    """They are listed in that order, and that is their host name, too."""
    db.scale(3)

    state = db.status()
    assert [one.name for one in state.replicas] == ["db-0", "db-1", "db-2"]
    assert (state.phase, state.ready) == (AppPhase.READY, 3)
    assert db.exec("hostname", replica="db-1").output.strip() == "db-1"


def test_each_starts_once_the_one_before_is_ready(driver: Driver, cloud: Cloud) -> None:
    """From the lowest up."""
    db = deployed(driver, cloud, replicas=3, START_DELAY="2")

    first, second, third = (_began(one) for one in db.status().replicas)
    assert second - first >= 1  # an engine may tell whole seconds
    assert third - second >= 1


def test_each_is_reached_by_its_name(driver: Driver, cloud: Cloud, db: App) -> None:
    """And the app by its own, balanced as any other."""
    web = cloud.deploy("web", driver.image, port=PORT, publish=False)

    def asked(host: str) -> str:
        return web.exec("curl", f"http://{host}:{PORT}/").output.strip()

    eventually(driver, lambda: [asked("db-0.db"), asked("db-1.db")] == ["hello from db-0", "hello from db-1"])
    eventually(driver, lambda: asked("db").startswith("hello from db-"))
    assert {driver.get(db.url).status for _ in range(6)} == {200}


def test_each_has_a_volume_of_its_own(db: App) -> None:
    """What one writes the other does not see."""
    write(db, "db-0", "zero")
    write(db, "db-1", "one")

    assert (read(db, "db-0"), read(db, "db-1")) == ("zero", "one")


def test_a_roll_keeps_names_and_volumes(db: App) -> None:
    """All replicas are others, and have what their predecessors had."""
    write(db, "db-1", "one")
    before = ids(db)

    db.deploy(env={"BODY": "new"})

    state = db.status()
    assert sorted(one.name for one in state.replicas) == ["db-0", "db-1"]
    assert (state.phase, state.revision) == (AppPhase.READY, 2)
    assert ids(db).isdisjoint(before)
    assert read(db, "db-1") == "one"


def test_a_roll_goes_from_the_highest_down(driver: Driver, cloud: Cloud) -> None:
    """One at a time: each is ready before the next gives way."""
    db = deployed(driver, cloud, replicas=3)

    db.deploy(env={"BODY": "new", "START_DELAY": "2"})

    first, second, third = (_began(one) for one in db.status().replicas)
    assert second - third >= 1
    assert first - second >= 1


def test_a_roll_fails_no_request(driver: Driver, cloud: Cloud) -> None:
    """As one of two answers while the other is replaced."""
    db = deployed(driver, cloud, LATENCY="0.2")

    with driver.load(db.url) as load:
        db.deploy(env={"BODY": "new", "LATENCY": "0.2"})
        driver.pause(0.5)

    assert load.count > 20
    assert load.failures == []


def test_a_failed_roll_takes_no_more_than_the_highest(driver: Driver, cloud: Cloud) -> None:
    """It comes back as it was, and the others never gave way."""
    db = deployed(driver, cloud, replicas=3)
    write(db, "db-2", "two")
    before = {one.name: one.id for one in db.status().replicas}

    with pytest.raises(RolloutError):
        db.deploy(env={"START_DELAY": "60", "EXIT_AFTER": "0.2", "EXIT_CODE": "5"})

    state = db.status()
    after = {one.name: one.id for one in state.replicas}
    assert (state.phase, state.ready, state.spec.env) == (AppPhase.READY, 3, {})
    assert (after["db-0"], after["db-1"]) == (before["db-0"], before["db-1"])
    assert read(db, "db-2") == "two"


def test_scaling_down_takes_the_highest_and_keeps_its_volume(db: App) -> None:
    """So that it finds again what it had."""
    write(db, "db-1", "one")
    kept = {one.id for one in db.status().replicas if one.name == "db-0"}

    db.scale(1)
    fewer = names(db), ids(db)
    db.scale(2)

    assert fewer == ({"db-0"}, kept)
    assert names(db) == {"db-0", "db-1"}
    assert read(db, "db-1") == "one"


def test_a_rollback_keeps_names_and_volumes(driver: Driver, db: App) -> None:
    """What was written since stays."""
    db.deploy(env={"BODY": "new"})
    write(db, "db-0", "since")

    db.rollback()

    assert driver.get(db.url).body.startswith("hello from db-")
    assert names(db) == {"db-0", "db-1"}
    assert read(db, "db-0") == "since"


def test_a_stopped_app_keeps_names_and_volumes(db: App) -> None:
    """They start again in order."""
    write(db, "db-1", "one")

    db.stop()
    stopped = db.status()
    db.start()

    assert (stopped.phase, stopped.ready) == (AppPhase.STOPPED, 0)
    assert [one.name for one in db.status().replicas] == ["db-0", "db-1"]
    assert read(db, "db-1") == "one"


def test_a_deleted_app_leaves_its_volumes(driver: Driver, cloud: Cloud, db: App) -> None:
    """An app of that name finds them."""
    write(db, "db-1", "one")
    db.delete()
    assert driver.leftovers("db") == []

    again = deployed(driver, cloud)

    assert read(again, "db-1") == "one"


def test_no_two_apps_have_one_volume(driver: Driver, cloud: Cloud) -> None:
    """``a-b`` of ``c`` and ``a`` of ``b-c`` are called alike: the second is refused, also once the first has gone."""
    first = cloud.deploy("c", driver.image, kind="stateful", port=PORT, publish=False, volumes="a-b:/data")
    write(first, "c-0", "of c")

    for _ in range(2):
        with pytest.raises(ConflictError, match="'a-b-c-0' is that of a replica of app 'c'") as caught:
            cloud.deploy("b-c", driver.image, kind="stateful", port=PORT, publish=False, volumes="a:/data")
        assert caught.value.hint
        assert driver.leftovers("b-c") == []
        first.delete()

    again = cloud.deploy("c", driver.image, kind="stateful", port=PORT, publish=False, volumes="a-b:/data")
    assert read(again, "c-0") == "of c"


def test_a_task_sees_a_replicas_volume(driver: Driver, cloud: Cloud, db: App) -> None:
    """By its whole name, which says whose it is."""
    write(db, "db-1", "one")

    seen = cloud.run(driver.image, "cat", "/backup/note", volumes="data-db-1:/backup")

    assert (seen.exit_code, seen.output.strip()) == (0, "one")


def test_a_crash_is_healed_in_place(driver: Driver, db: App) -> None:
    """Same replica, same volume."""
    write(db, "db-1", "one")
    victim = _named(db, "db-1")

    driver.crash("db", victim)
    eventually(driver, lambda: _named(db, "db-1").restarts == 1 and db.status().settled)

    assert read(db, "db-1") == "one"


def test_a_lost_replica_comes_back_with_name_and_volume(driver: Driver, db: App) -> None:
    """By a controller; the others are not touched."""
    write(db, "db-0", "zero")
    lost, kept = db.status().replicas

    with driver.controller():
        driver.lose(lost)
        eventually(driver, lambda: lost.id not in ids(db) and db.status().settled, seconds=LONG)

    state = db.status()
    assert sorted(one.name for one in state.replicas) == ["db-0", "db-1"]
    assert kept.id in ids(db)
    assert (state.generation, state.revision) == (1, 1)
    assert read(db, "db-0") == "zero"


def test_a_replica_that_does_not_live_is_replaced_under_its_name(driver: Driver, cloud: Cloud) -> None:
    """Or started again in its place, as the engine has it; its volume is the same."""
    live = f"http:{PORT}/live every 1s failures 2"
    db = cloud.deploy(
        "db", driver.image, kind="stateful", port=PORT, publish=False, volumes="data:/data", replicas=2, liveness=live
    )
    write(db, "db-1", "one")
    well, sick = db.status().replicas

    def cured() -> bool:
        return db.status().settled and _named(db, "db-1").started_at != sick.started_at

    with driver.controller():
        driver.sicken("db", sick)
        eventually(driver, cured, seconds=LONG)

    assert [one.name for one in db.status().replicas] == ["db-0", "db-1"]
    assert _named(db, "db-0").started_at == well.started_at
    assert read(db, "db-1") == "one"


def test_the_lines_of_a_name_are_those_of_who_has_it_now(driver: Driver, db: App) -> None:
    """Its predecessor's went with it."""
    db.deploy(env={"BODY": "new"})

    eventually(driver, lambda: [line.text for line in db.logs(replica="db-1")] == ["started new"])


def test_the_same_again_is_nothing(driver: Driver, cloud: Cloud, db: App) -> None:
    """A plan of what is there is empty, and so is a second deployment."""
    before = db.status()

    assert cloud.backend.plan(before.spec).empty
    cloud.deploy("db", driver.image, port=before.spec.ports[0], kind="stateful", volumes="data:/data")

    assert (ids(db), db.status().generation) == ({one.id for one in before.replicas}, 1)


def test_a_plan_names_the_replicas(cloud: Cloud, db: App) -> None:
    """A roll's from the highest down, and the one that a smaller number takes."""
    spec = db.status().spec

    roll = str(cloud.backend.plan(spec.replace(env={"BODY": "new"})))
    down = str(cloud.backend.plan(spec.replace(replicas=1)))

    assert roll.index("db-1") < roll.index("db-0")
    assert "db-1" in down
    assert "db-0" not in down.replace("data-db-0", "")


def test_not_waiting_returns_once_all_have_started(driver: Driver, cloud: Cloud) -> None:
    """As each waits for the one before it, that is when the last of them is on its way."""
    db = cloud.deploy(
        "db", driver.image, kind="stateful", replicas=2, port=PORT, publish=False, env={"START_DELAY": "1"}, wait=False
    )

    eventually(driver, lambda: [one.name for one in db.status().replicas] == ["db-0", "db-1"], seconds=LONG)
    eventually(driver, lambda: db.status().settled, seconds=LONG)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["deploy", "roll", "scale up", "scale down"])
def test_what_a_kill_leaves_is_repaired_by_the_same_verb(driver: Driver, cloud: Cloud, name: str) -> None:
    """In front of every change of the engine: no name is missing or there twice, and the volumes are the same."""
    for step in driver.kill_points:
        cloud.app("db").delete()
        verb = _prepared(driver, cloud, name)

        if not driver.kill(verb, step):
            break
        getattr(cloud.app(verb.app) if verb.app else cloud, verb.name)(**verb.options)

        where = f"{name}, killed in front of step {step}"
        state = cloud.app("db").status()
        expected = {"scale up": ["db-0", "db-1", "db-2"], "scale down": ["db-0"]}.get(name, ["db-0", "db-1"])
        assert (state.phase, [one.name for one in state.replicas]) == (AppPhase.READY, expected), where
        assert {one.revision for one in state.replicas} == {state.revision}, where
        assert name == "deploy" or read(cloud.app("db"), "db-0") == "kept", where


@pytest.mark.timeout(300)
def test_a_killed_controller_is_carried_on_by_the_next(driver: Driver, db: App) -> None:
    """In front of whichever change of the engine it was killed: the name is there once, with its volume."""
    write(db, "db-0", "zero")
    for point in driver.kill_points:
        driver.lose(_named(db, "db-0"))

        killed = not driver.heals and driver.kill(Verb(name="controller", options={"once": True}), point)
        if not driver.heals:
            list(driver.second().controller(once=True))
        eventually(driver, lambda: db.status().settled, seconds=LONG)

        assert [one.name for one in db.status().replicas] == ["db-0", "db-1"], point
        assert read(db, "db-0") == "zero", point
        if not killed:
            break


def _prepared(driver: Driver, cloud: Cloud, name: str) -> Verb:
    """Bring the app where the verb begins."""
    if name == "deploy":
        return Verb(name="deploy", options={"name": "db", "image": driver.image, **OPTIONS})
    write(deployed(driver, cloud), "db-0", "kept")
    verbs = {
        "roll": Verb(name="deploy", app="db", options={"env": {"BODY": "new"}}),
        "scale up": Verb(name="scale", app="db", options={"replicas": 3}),
        "scale down": Verb(name="scale", app="db", options={"replicas": 1}),
    }
    return verbs[name]


def write(app: App, replica: str, text: str) -> None:
    """Write to a replica's volume."""
    assert app.exec("sh", "-c", f"echo {text} > /data/note", replica=replica).exit_code == 0


def read(app: App, replica: str) -> str:
    """Return what stands on a replica's volume."""
    return app.exec("cat", "/data/note", replica=replica).output.strip()


def _named(app: App, name: str) -> Replica:
    return next(one for one in app.status().replicas if one.name == name)


def _began(replica: Replica) -> float:
    assert replica.started_at is not None
    return replica.started_at.timestamp()
