"""Laws of requests: found by name, balanced, never sent to who cannot answer."""

from __future__ import annotations

from contract.drivers.driver import PORT, Driver
from contract.seen import eventually, names

from cloudkit.app import App
from cloudkit.cloud import Cloud


def test_requests_are_balanced_over_all_replicas(driver: Driver, web: App) -> None:
    """Each one gets its share."""
    web.scale(3)
    driver.pause(driver.lag)

    answers = [driver.get(web.url).body.strip() for _ in range(120)]

    shares = {name: answers.count(f"hello from {name}") for name in names(web)}
    assert sum(shares.values()) == 120
    assert min(shares.values()) >= 20, shares


def test_apps_find_each_other_by_name(driver: Driver, web: App, cloud: Cloud) -> None:
    """``http://web:8080`` from another app reaches the balanced address."""
    other = cloud.deploy("other", driver.image, port=PORT, publish=False)
    driver.pause(driver.lag)

    outputs = {other.exec("curl", f"http://web:{PORT}/").output.strip() for _ in range(12)}

    assert outputs == {f"hello from {name}" for name in names(web)}


def test_a_private_app_is_reached_by_name_only(driver: Driver, web: App, cloud: Cloud) -> None:
    """It has no url."""
    cloud.deploy("private", driver.image, port=PORT, publish=False, env={"BODY": "inside"})
    driver.pause(driver.lag)

    assert cloud.app("private").url == ""
    assert web.exec("curl", f"http://private:{PORT}/").output.startswith("inside from private-")


def test_any_free_port_is_found_and_kept(driver: Driver, cloud: Cloud) -> None:
    """Asked for any, the engine chooses; a change of the number of replicas changes no port."""
    web = cloud.deploy("web", driver.image, port=PORT, publish=0)
    url = web.url

    web.scale(2)

    assert driver.get(url).status == 200
    assert web.status().url == url


def test_a_port_that_is_taken_back_is_free_again(driver: Driver, web: App, cloud: Cloud) -> None:
    """No replica is replaced for it, and another app can have the port."""
    before, url, port = names(web), web.url, web.status().spec.ports[0].publish

    web.deploy(publish=False)

    assert (web.status().url, names(web)) == ("", before)
    driver.pause(driver.lag)
    assert driver.get(url).status == 0
    other = cloud.deploy("other", driver.image, port=PORT, publish=port)
    assert driver.get(other.url).body.startswith("hello from other-")


def test_a_lost_replica_gets_no_requests(driver: Driver, web: App) -> None:
    """The balancer finds out by itself; those that are there get them, and whoever the engine puts in its place."""
    lost, kept = web.status().replicas
    driver.lose(lost)

    eventually(driver, lambda: {driver.get(web.url).body for _ in range(12)} == _greetings(web))

    assert lost.name not in names(web)
    assert kept.name in names(web)


def _greetings(web: App) -> set[str]:
    return {f"hello from {name}\n" for name in names(web)}
