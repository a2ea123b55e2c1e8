"""All that runs is seen, and whose it is."""

from __future__ import annotations

from contract.drivers.driver import PORT, Driver

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.model.workload import Workload


def test_an_app_is_one_workload_of_cloudkit(web: App, cloud: Cloud) -> None:
    """Whatever an engine makes of it: its replicas and revisions are no rows of their own."""
    web.deploy(env={"BODY": "new"}).scale(3)

    rows = [row for row in cloud.workloads() if row.owner == "cloudkit"]

    assert [(row.name, row.ready, row.wanted, len(row.images)) for row in rows] == [("web", 3, 3, 1)]
    assert rows[0].namespace == cloud.backend.namespace
    assert rows[0].created_at is not None
    assert rows[0].created_at <= rows[0].observed_at


def test_what_is_deleted_is_no_workload(web: App, cloud: Cloud) -> None:
    """An app that has gone leaves no row."""
    web.delete()

    assert not [row for row in cloud.workloads() if row.owner == "cloudkit"]


def test_an_app_that_is_not_ready_says_why(driver: Driver, cloud: Cloud) -> None:
    """The row counts what is ready, and has words on the rest."""
    cloud.deploy("web", driver.image, env={"EXIT_AFTER": "0.2", "EXIT_CODE": "3"}, port=PORT, wait=False)

    row = eventually_told(driver, "web")

    assert (row.ready, row.wanted) == (0, 1)
    assert row.message


def test_what_stands_beside_is_none_of_cloudkit(driver: Driver, cloud: Cloud) -> None:
    """Names and some labels alike do not make it an app, and it stays as it is when it is looked at."""
    with driver.bystander() as look:
        before = look()

        rows = cloud.workloads()

        assert not [row for row in rows if row.owner == "cloudkit"]
        assert look() == before


def eventually_told(driver: Driver, name: str) -> Workload:
    """Return a row that says what is wrong, within half a minute."""
    for _ in range(60):
        row = only(driver.cloud, name)
        if row.message:
            return row
        driver.pause(0.5)
    raise AssertionError(f"{row} says nothing of what is wrong")


def only(cloud: Cloud, name: str) -> Workload:
    """Return the one row of that name."""
    (row,) = [row for row in cloud.workloads() if row.name == name]
    return row
