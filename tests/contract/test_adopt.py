"""What somebody else has made becomes an app, whole or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from contract.drivers.driver import PORT, Driver, Verb

from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError, NotFoundError, UnsupportedError, UsageError


def workloads(cloud: Cloud, name: str) -> list[tuple[str, str]]:
    """Return the kind and the owner of each row of that name."""
    return [(row.kind, row.owner) for row in cloud.workloads() if row.name == name]


def test_what_is_adopted_is_an_app(driver: Driver, cloud: Cloud) -> None:
    """It answers where it did; it has a state, logs and commands, is scaled, rolled and rolled back."""
    with driver.foreign(BODY="old") as there:
        web = cloud.adopt(there.workload)

        state = web.status()
        assert (web.name, state.settled, state.revision, state.generation) == (there.name, True, 1, state.generation)
        assert state.spec.env["BODY"] == "old"
        assert [owner for _, owner in workloads(cloud, there.name)] == ["cloudkit"]
        assert cloud.backend.plan(state.spec).empty
        assert driver.get(there.url).body.startswith("old from")
        assert web.exec("printenv", "BODY").output.strip() == "old"
        assert web.scale(3).status().ready == 3
        web.deploy(env={"BODY": "new"})
        driver.pause(driver.lag)
        assert driver.get(there.url).body.startswith("new from")
        web.rollback()
        driver.pause(driver.lag)
        assert driver.get(there.url).body.startswith("old from")
        assert list(web.logs(tail=1))
        web.delete()


def test_a_plan_shows_what_would_happen_and_no_secret(driver: Driver, cloud: Cloud, tmp_path: Path) -> None:
    """Nothing is done, and what looks like a secret is one; out of a file it does the same."""
    with driver.foreign(API_TOKEN="hunter2") as there:
        with cloud.planning() as plans:
            cloud.adopt(there.workload)

        (plan,) = plans
        assert (plan.app, plan.adopts, plan.before) == (there.name, there.workload, None)
        assert there.name in str(plan)
        assert "hunter2" not in f"{plan} {plan!r} {plan.diff()}"
        assert [owner for _, owner in workloads(cloud, there.name)] == [""]
        assert driver.get(there.url).status == 200
        plans.save(tmp_path / "adopt.plan")
        assert "hunter2" not in (tmp_path / "adopt.plan").read_text()
        cloud.apply(tmp_path / "adopt.plan")
        assert cloud.app(there.name).exec("printenv", "API_TOKEN").output.strip() == "hunter2"
        state = cloud.app(there.name).status()
        assert "hunter2" not in f"{state!r} {cloud.backend.plan(state.spec)!r} {list(cloud.app(there.name).events())}"
        cloud.app(there.name).delete()


def test_a_second_time_changes_nothing(driver: Driver, cloud: Cloud) -> None:
    """It is not there any more, and the app stays as it is."""
    with driver.foreign() as there:
        before = cloud.adopt(there.workload).status()

        with pytest.raises(NotFoundError):
            cloud.adopt(there.workload)

        after = cloud.app(there.name).status()
        assert (after.generation, after.spec) == (before.generation, before.spec)
        assert [one.id for one in after.replicas] == [one.id for one in before.replicas]
        cloud.app(there.name).delete()


def test_an_adoption_is_not_undone(driver: Driver, cloud: Cloud) -> None:
    """What had made it is gone, so that the way back would end what it runs; what was changed since is undone."""
    with driver.foreign(BODY="old") as there:
        web = cloud.adopt(there.workload)
        web.scale(2 if web.status().spec.replicas != 2 else 1)
        cloud.undo(there.name)

        with pytest.raises(UnsupportedError, match="adopted"):
            cloud.undo(there.name)

        assert driver.get(there.url).body.startswith("old from")
        web.delete()


def test_what_somebody_keeps_is_refused_by_their_name(driver: Driver, cloud: Cloud) -> None:
    """With what helps; it runs as before."""
    with driver.foreign(keeper="Helm") as there:
        with pytest.raises(ConflictError, match="Helm") as refused:
            cloud.adopt(there.workload)

        assert refused.value.hint
        assert [owner for _, owner in workloads(cloud, there.name)] == ["Helm"]
        assert driver.get(there.url).status == 200


def test_a_name_that_an_app_has_is_refused(driver: Driver, cloud: Cloud) -> None:
    """Another name is the way out."""
    with driver.foreign(BODY="old") as there:
        cloud.deploy("taken", driver.image, port=PORT)

        with pytest.raises(ConflictError, match="taken"):
            cloud.adopt(there.workload, name="taken")

        assert cloud.adopt(there.workload, name="free").status().settled
        assert driver.get(there.url).body.startswith("old from")
        cloud.app("free").delete()


def test_what_is_no_workload_is_refused(cloud: Cloud, driver: Driver) -> None:
    """The error says what one can name."""
    with driver.foreign() as there:
        with pytest.raises(UsageError, match="kind and a name"):
            cloud.adopt("legacy")
        with pytest.raises(NotFoundError):
            cloud.adopt(f"{there.workload}-of-nobody")


def test_of_two_who_adopt_at_once_one_does(driver: Driver, cloud: Cloud) -> None:
    """Whoever comes too late is told, or finds it done; there is one app, and it serves."""
    with driver.foreign(BODY="old") as there, ThreadPoolExecutor(2) as pool:
        clouds = (cloud, driver.second())

        done = list(pool.map(lambda one: _adopted(one, there.workload), clouds))

        assert any(done)
        web = cloud.app(there.name)
        state = web.status()
        assert (state.settled, state.revision, state.spec.env["BODY"]) == (True, 1, "old")
        assert cloud.backend.plan(state.spec).empty
        assert [owner for _, owner in workloads(cloud, there.name)] == ["cloudkit"]
        assert driver.get(there.url).body.startswith("old from")
        web.delete()


def _adopted(cloud: Cloud, workload: str) -> bool:
    try:
        cloud.adopt(workload)
    except (ConflictError, NotFoundError):
        return False
    return True


@pytest.mark.timeout(600)
def test_what_a_kill_leaves_is_carried_on_by_the_next(driver: Driver, cloud: Cloud) -> None:
    """In front of every change: it serves at the end, and as one app."""
    for step in range(1, 60):
        with driver.foreign(BODY=f"step {step}") as there:
            killed = driver.kill(Verb(name="adopt", options={"workload": there.workload}), step)
            if killed:
                cloud.adopt(there.workload)

            web = cloud.app(there.name)
            state = web.status()
            assert (state.settled, state.revision) == (True, 1), f"killed in front of step {step}"
            assert [owner for _, owner in workloads(cloud, there.name)] == ["cloudkit"]
            assert driver.get(there.url).body.startswith(f"step {step} from")
            web.delete()
            if not killed:
                return
    raise AssertionError("it never came to its end")
