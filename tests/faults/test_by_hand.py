"""What is changed by hand behind an app's back, the next deploy of the same spec repairs, within seconds."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Callable

import pytest
from contract.drivers.docker import DockerDriver
from contract.drivers.driver import PORT
from docker.models.containers import Container
from faults.own import eventually

from cloudkit.app import App
from cloudkit.model.state import AppPhase, AppState

pytestmark = [pytest.mark.engine]

SOON = 30.0  # seconds on a busy machine; an idle one takes two
Fault = Callable[[Container], object]

REPLICA_FAULTS: dict[str, Fault] = {
    "removed": lambda one: one.remove(force=True),
    "stopped": lambda one: one.stop(timeout=1),
    "killed": lambda one: one.kill(),
    "paused": lambda one: one.pause(),
}


@pytest.mark.parametrize("fault", REPLICA_FAULTS)
def test_a_replica_that_was_meddled_with_is_repaired_and_the_other_one_serves_on(
    driver: DockerDriver, web: App, fault: str
) -> None:
    """Once the balancer has seen it, no request fails, before the repair or during it."""
    before = web.status()
    victim, kept = before.replicas

    REPLICA_FAULTS[fault](driver._client.containers.get(victim.id))
    eventually(lambda: web.status().ready == 1)
    meanwhile = web.status().phase
    with driver.load(web.url) as load:
        driver.pause(1)
        seconds, after = deployed_again(driver, before)
        driver.pause(1)

    assert meanwhile is not AppPhase.READY
    assert load.failures == []
    assert load.count > 10
    assert seconds < SOON
    assert (after.phase, after.ready, after.generation, after.revision) == (AppPhase.READY, 2, 1, 1)
    assert kept.id in {one.id for one in after.replicas}
    assert driver.cloud.backend.plan(before.spec).empty
    eventually(lambda: len({driver.get(before.url).body for _ in range(4)}) == 2)


def crash_with_damaged_configuration(balancer: Container) -> None:
    """Overwrite what the balancer reads when it starts, and let it start."""
    archive, text = io.BytesIO(), b"this is no configuration\n"
    with tarfile.open(fileobj=archive, mode="w") as tar:
        entry = tarfile.TarInfo("cloudkit/haproxy.cfg")
        entry.size, entry.mode = len(text), 0o644
        tar.addfile(entry, io.BytesIO(text))
    balancer.put_archive("/", archive.getvalue())
    balancer.restart(timeout=1)


BALANCER_FAULTS: dict[str, Fault] = {
    "removed": lambda one: one.remove(force=True),
    "killed": lambda one: one.kill(),
    "paused": lambda one: one.pause(),
    "damaged": crash_with_damaged_configuration,
}


@pytest.mark.parametrize("fault", BALANCER_FAULTS)
def test_a_balancer_that_was_meddled_with_is_back_on_its_port(driver: DockerDriver, web: App, fault: str) -> None:
    """The replicas are not touched."""
    before = web.status()

    BALANCER_FAULTS[fault](driver._client.containers.get(f"{namespace_of(driver)}.web.balancer"))
    meanwhile = web.status().phase
    seconds, after = deployed_again(driver, before)

    assert meanwhile is not AppPhase.READY
    assert seconds < SOON
    assert (after.phase, after.url) == (AppPhase.READY, before.url)
    assert {one.id for one in after.replicas} == {one.id for one in before.replicas}
    assert {driver.get(before.url).status for _ in range(4)} == {200}
    assert driver.cloud.backend.plan(before.spec).empty


def test_a_network_that_was_removed_by_hand_is_made_again(driver: DockerDriver, web: App) -> None:
    """With whatever it takes for the app to be reached as before."""
    before = web.status()
    network = driver._client.networks.get(namespace_of(driver))

    for one in network.attrs["Containers"]:
        network.disconnect(one, force=True)
    network.remove()
    eventually(lambda: web.status().phase is not AppPhase.READY)
    seconds, after = deployed_again(driver, before)

    assert seconds < SOON
    assert (after.phase, after.ready, after.url) == (AppPhase.READY, 2, before.url)
    assert {driver.get(before.url).status for _ in range(4)} == {200}
    assert driver.cloud.backend.plan(before.spec).empty


def namespace_of(driver: DockerDriver) -> str:
    """Return what the app's shared network is called, and its containers begin with."""
    return driver.cloud.backend.namespace


def deployed_again(driver: DockerDriver, before: AppState) -> tuple[float, AppState]:
    """Deploy what is there once more; return the seconds that took, and what is there then."""
    started = time.monotonic()
    publish = before.spec.ports[0].publish or 0
    app = driver.cloud.deploy("web", driver.image, port=PORT, publish=publish, timeout=40)
    return time.monotonic() - started, app.status()
