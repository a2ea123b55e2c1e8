"""Volumes that say what they are made as: the same program on every engine."""

from __future__ import annotations

from contract.drivers.driver import PORT, Driver
from contract.seen import ids

from cloudkit.cloud import Cloud


def test_a_volume_may_say_its_size(driver: Driver, cloud: Cloud) -> None:
    """It is there and keeps what is written; saying it anew changes nothing."""
    web = cloud.deploy("web", driver.image, port=PORT, publish=False, volumes="data:/data:size=64Mi")
    assert web.exec("sh", "-c", "echo kept > /data/note").exit_code == 0
    before = ids(web), web.status().generation

    web.deploy(volumes="data:/data:size=64Mi")

    assert (ids(web), web.status().generation) == before
    assert web.exec("cat", "/data/note").output == "kept\n"


def test_what_only_its_making_asks_for_replaces_no_replica(driver: Driver, cloud: Cloud) -> None:
    """The volume that is there stays as it is, and so do the replicas that have it."""
    web = cloud.deploy("web", driver.image, port=PORT, publish=False, volumes="data:/data:size=64Mi")
    before = ids(web)

    web.deploy(volumes="data:/data")

    assert ids(web) == before
    assert web.status().revision == 1
