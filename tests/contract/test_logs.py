"""Laws of lines and events: of every replica, in order, across a roll."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from contract.drivers.driver import PORT, Driver
from contract.seen import eventually, names

from cloudkit.app import App
from cloudkit.cloud import Cloud


def test_the_lines_of_every_replica_are_merged(driver: Driver, web: App) -> None:
    """In the order of their times, each with its replica."""
    eventually(driver, lambda: len(list(web.logs())) >= 2)

    lines = list(web.logs())

    assert {line.replica for line in lines} == names(web)
    assert {line.text for line in lines} == {"started hello"}
    assert [line.time for line in lines] == sorted(line.time for line in lines)


def test_lines_are_chosen_by_replica_and_number(driver: Driver, web: App) -> None:
    """A tail is that of each replica."""
    eventually(driver, lambda: len(list(web.logs())) >= 2)
    one = min(names(web))

    assert {line.replica for line in web.logs(replica=one)} == {one}
    assert len(list(web.logs(tail=1))) == 2
    assert list(web.logs(tail=0)) == []
    assert list(web.logs(until=datetime(2020, 1, 1, tzinfo=UTC))) == []


@pytest.mark.gap("kubernetes", "a cluster keeps both streams as one log, and always restarts the pods of an app")
def test_both_streams_are_told_apart(driver: Driver, cloud: Cloud) -> None:
    """A program's last words come on its standard error."""
    env = {"EXIT_AFTER": "1", "EXIT_CODE": "0"}
    web = cloud.deploy("web", driver.image, port=PORT, publish=False, env=env, restart="never", wait=False)

    eventually(driver, lambda: len(list(web.logs())) >= 2)

    assert [(line.stream, line.text) for line in web.logs()] == [("stdout", "started hello"), ("stderr", "last words")]


def test_following_crosses_a_roll(driver: Driver, web: App, cloud: Cloud) -> None:
    """Who follows sees the new replicas' lines, and the stream ends with the app."""
    other = driver.second().app("web")
    texts: list[str] = []
    thread = threading.Thread(target=lambda: texts.extend(line.text for line in other.logs(follow=True)), daemon=True)
    thread.start()
    eventually(driver, lambda: texts.count("started hello") == 2)

    web.deploy(env={"BODY": "second"})
    eventually(driver, lambda: texts.count("started second") == 2)
    cloud.app("web").delete()
    thread.join(20)

    assert not thread.is_alive()


def test_events_tell_what_happened(driver: Driver, web: App) -> None:
    """A crash is among them with its replica and its exit code."""
    victim = web.status().replicas[0].name
    driver.crash("web", web.status().replicas[0])

    eventually(driver, lambda: any(one.action == "die" and one.object == victim for one in web.events()))

    (death,) = [one for one in web.events() if one.action == "die"]
    assert (death.app, "3" in death.message) == ("web", True)
    assert {one.object for one in web.events() if one.action == "start"} >= names(web)
