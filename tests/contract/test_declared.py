"""Laws of declared state: what is declared becomes true, once; what runs can be declared again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from contract.drivers.driver import PORT, Driver
from contract.seen import ids

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.declared import app, secret
from cloudkit.model.secret import Secret


@pytest.fixture
def shop(driver: Driver, web: App) -> Cloud:
    """A cloud with a declaration of two apps, and an app that nobody declared."""
    cloud = driver.cloud
    cloud.apply(
        app("api", driver.image, port=PORT, publish=False, env={"BODY": "api", "TOKEN": Secret("hunter2")}),
        app("jobs", driver.image, kind="worker", replicas=2),
        name="shop",
    )
    assert web.status().ready == 2
    return cloud


def test_what_is_declared_becomes_true_and_nothing_else_goes(driver: Driver, shop: Cloud) -> None:
    """The same again does nothing; what left the declaration goes, what never was in it stays."""
    before = ids(shop.app("api"))
    api = app("api", driver.image, port=PORT, publish=False, env={"BODY": "api", "TOKEN": secret("TOKEN")})

    shop.apply(api, app("jobs", driver.image, kind="worker", replicas=2), name="shop")
    assert ids(shop.app("api")) == before
    assert {one.name: one.generation for one in shop.apps()} == {"api": 1, "jobs": 1, "web": 1}

    with shop.planning() as plans:
        shop.apply(api, app("new", driver.image, kind="worker"), name="shop", prune=True)
    assert {plan.app: plan.after is None for plan in plans} == {"api": False, "new": False, "jobs": True}
    plans.apply()

    assert {one.name: (one.generation, one.settled) for one in shop.apps()} == {
        "api": (1, True),
        "new": (1, True),
        "web": (1, True),
    }


@pytest.mark.parametrize("form", ["yaml", "kubernetes", "compose"])
def test_what_runs_is_exported_and_declares_the_same(driver: Driver, shop: Cloud, tmp_path: Path, form: str) -> None:
    """Nothing is to be done but for what the form says that it has not kept; no secret stands in the file."""
    written = shop.export("api", "jobs", form=form)  # type: ignore[arg-type]  # a form that there is
    file = tmp_path / "declared.yaml"
    file.write_text(str(written))

    assert "hunter2" not in str(written)
    plans = driver.second().drift(file=file, name="shop")
    fields = {re.split(r"[:.\[]", line[1:])[0] for line in plans.diff().splitlines() if line[0] in "+-"}
    lost = {loss.partition(": ")[2].partition(":")[0] for loss in written.losses}
    assert {one for one in fields if one and not one.startswith(("-- ", "++ "))} <= lost


def test_drift_names_what_was_lost(driver: Driver, shop: Cloud) -> None:
    """Nothing, until something is."""
    assert shop.drift().empty
    if driver.heals:
        return

    driver.lose(shop.app("jobs").status().replicas[0])

    found = shop.drift()
    assert [(plan.app, plan.before == plan.after) for plan in found] == [("jobs", True)]
    found.apply()
    assert shop.app("jobs").status().ready == 2
    assert shop.drift().empty
