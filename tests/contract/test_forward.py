"""Laws of reaching an app from this machine that nobody has published."""

from __future__ import annotations

import pytest
from contract.drivers.driver import PORT, Driver
from contract.seen import names

from cloudkit.cloud import Cloud
from cloudkit.errors import NotFoundError, UsageError


def test_a_private_app_is_reached_while_the_block_lasts(driver: Driver, cloud: Cloud) -> None:
    """And no longer."""
    web = cloud.deploy("web", driver.image, port=PORT, publish=False, replicas=2)

    with web.forward() as url:
        inside = driver.get(url)
    after = driver.get(url)

    assert (inside.status, inside.body.split()[0]) == (200, "hello")
    assert after.status == 0


def test_one_replica_alone_is_reached(driver: Driver, cloud: Cloud) -> None:
    """Each request goes to the named one."""
    web = cloud.deploy("web", driver.image, port=PORT, publish=False, replicas=2)

    for name in sorted(names(web)):
        with web.forward(PORT, replica=name) as url:
            bodies = {driver.get(url).body for _ in range(6)}

        assert {body.strip() for body in bodies} == {f"hello from {name}"}


def test_a_forwarded_url_outlives_a_roll(driver: Driver, cloud: Cloud) -> None:
    """New requests find the new replicas."""
    web = cloud.deploy("web", driver.image, port=PORT, publish=False)

    with web.forward() as url:
        before = driver.get(url).body
        web.deploy(env={"BODY": "second"})
        after = driver.get(url).body

    assert (before.split()[0], after.split()[0]) == ("hello", "second")


def test_what_cannot_be_forwarded_says_why(driver: Driver, cloud: Cloud) -> None:
    """An app without a port, and a replica that is not there."""
    worker = cloud.deploy("worker", driver.image)
    web = cloud.deploy("web", driver.image, port=PORT, publish=False)

    with pytest.raises(UsageError, match="no port to forward"), worker.forward():
        pass
    with pytest.raises(NotFoundError, match="nobody"), web.forward(replica="nobody"):
        pass
