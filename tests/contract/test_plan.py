"""Laws of plans: a plan is what happens, once, and only while the world is as it was."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from contract.drivers.driver import Driver
from contract.seen import ids, names

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError
from cloudkit.model.plan import ActionKind, Plan
from cloudkit.model.progress import silent
from cloudkit.model.secret import Secret

GONE = frozenset({ActionKind.REMOVE, ActionKind.REPLACE, ActionKind.DRAIN})
MADE = frozenset({ActionKind.CREATE, ActionKind.REPLACE, ActionKind.START})


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda app: app.scale(3), id="scale up"),
        pytest.param(lambda app: app.scale(1), id="scale down"),
        pytest.param(lambda app: app.deploy(env={"BODY": "new"}), id="roll"),
        pytest.param(lambda app: app.stop(), id="stop"),
        pytest.param(lambda app: app.restart(), id="restart"),
    ],
)
def test_a_plan_is_what_happens(cloud: Cloud, web: App, change: Callable[[App], object]) -> None:
    """The replicas that it names go, those that it does not name stay, and afterwards there is nothing to do."""
    before = web.status()
    with cloud.planning() as plans:
        change(web)
    assert web.status().generation == before.generation

    (plan,) = plans
    cloud.backend.apply(plan, listener=silent)

    named = {one.name for one in plan.actions if one.object == "replica" and one.kind in GONE}
    old = {one.name for one in before.replicas}
    assert old - names(web) == named
    assert names(web) - old != set() if _makes(plan) else names(web) <= old
    assert web.status().spec == plan.after
    assert cloud.backend.plan(web.status().spec).empty


def test_planning_changes_nothing_and_adds_up(cloud: Cloud, web: App) -> None:
    """Verbs inside see what the ones before them would have done."""
    before = web.status()

    with cloud.planning() as plans:
        web.scale(5).deploy(env={"BODY": "x"})
        added = [plan.after and (plan.after.replicas, plan.after.env["BODY"]) for plan in plans]
        cloud.app("web").delete()

    assert added == [(5, "x")]
    assert [plan.after for plan in plans] == [None]
    assert web.status().replicas == before.replicas


def test_a_plan_holds_no_secret(cloud: Cloud, web: App) -> None:
    """What is planned can be shown to anybody."""
    with cloud.planning() as plans:
        web.deploy(env={"TOKEN": Secret("hunter2")})

    assert "hunter2" not in repr(plans)
    assert "hunter2" not in " ".join(str(action) for action in plans[0].actions)


def test_a_stale_plan_is_refused(cloud: Cloud, web: App) -> None:
    """Who plans, waits and applies never undoes what came in between."""
    plan = cloud.backend.plan(web.status().spec.replace(replicas=1))
    web.scale(3)
    before = ids(web)

    with pytest.raises(ConflictError, match="web"):
        cloud.backend.apply(plan, listener=silent)

    assert ids(web) == before
    assert web.status().spec.replicas == 3


def test_a_stale_deletion_is_refused(cloud: Cloud, web: App) -> None:
    """What somebody has just changed is not deleted behind their back."""
    plan = cloud.backend.plan_delete("web")
    web.scale(3)

    with pytest.raises(ConflictError, match="web"):
        cloud.backend.apply(plan, listener=silent)

    assert web.status().ready == 3


def test_of_two_writers_exactly_one_wins(driver: Driver, cloud: Cloud, web: App) -> None:
    """They plan from the same generation and apply at once; the other gets a conflict and the winner's spec holds."""
    clouds = (cloud, driver.second())
    plans = [
        one.backend.plan(web.status().spec.replace(replicas=number)) for one, number in zip(clouds, (3, 4), strict=True)
    ]
    start, outcomes = threading.Barrier(2), dict[int, object]()

    def write(index: int) -> None:
        start.wait()
        try:
            outcomes[index] = clouds[index].backend.apply(plans[index], listener=silent)
        except ConflictError as error:
            outcomes[index] = error

    threads = [threading.Thread(target=write, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    winners = [index for index, outcome in outcomes.items() if not isinstance(outcome, ConflictError)]
    assert len(outcomes) == 2
    assert len(winners) == 1, outcomes
    state = web.status()
    assert (state.spec, state.generation, state.ready) == (plans[winners[0]].after, 2, (3, 4)[winners[0]])


def test_of_two_first_deploys_exactly_one_wins(driver: Driver, cloud: Cloud) -> None:
    """Also where there is nothing yet to compare with."""
    image = cloud.deploy("model", driver.image).status().spec.image
    spec = cloud.app("model").status().spec.replace(name="web", image=image)
    first, second = (cloud.backend.plan(spec.replace(replicas=number)) for number in (1, 2))

    cloud.backend.apply(first, listener=silent)
    with pytest.raises(ConflictError):
        driver.second().backend.apply(second, listener=silent)

    assert cloud.app("web").status().ready == 1


def _makes(plan: Plan) -> bool:
    return any(one.object == "replica" and one.kind in MADE for one in plan.actions)
