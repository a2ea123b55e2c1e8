"""What happened to an app's objects on a real cluster is told, and told once."""

from __future__ import annotations

import threading

import pytest
from pods.workshop import Workshop, until

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.operations.events import read_events
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.model.log import Event, LogQuery

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]


def actions(events: list[Event], name: str) -> list[str]:
    """Return what happened to one object."""
    return [one.action for one in events if one.object == name]


def test_a_crash_is_told_with_its_exit_code(client: Client, workshop: Workshop) -> None:
    """After the start, and before the next one."""
    name = workshop.start("sleep 1; exit 3", app="crashing", wait=False)
    until(lambda: workshop.restarts(name) == 1 and workshop.runs(name))

    events = until(lambda: list(read_events(client, "crashing", LogQuery())) or None)
    told = until(lambda: _twice(client, name))

    assert {one.app for one in (*events, *told)} == {"crashing"}
    assert actions(told, name)[:2] == ["scheduled", "start"] or "pulling" in actions(told, name)
    assert next(one.message for one in told if one.action == "die") == "crashed, exit code 3"


def _twice(client: Client, name: str) -> list[Event]:
    """Return the events once two starts are among them."""
    told = list(read_events(client, "crashing", LogQuery()))
    return told if actions(told, name).count("start") == 2 else []


def test_a_lack_of_memory_is_told(client: Client, workshop: Workshop) -> None:
    """As an engine tells it."""
    limits = {"resources": {"limits": {"memory": "20Mi"}}}
    name = workshop.start("sleep 1; exec tail /dev/zero", app="starved", restart="Never", wait=False, **limits)

    told = until(lambda: [one for one in read_events(client, "starved", LogQuery()) if one.action in {"oom", "die"}])

    assert actions(told, name) == ["oom", "die"]
    assert "ran out of memory, exit code 137" in told[1].message


def test_a_follower_hears_of_what_comes_and_of_nothing_twice(client: Client, workshop: Workshop) -> None:
    """From the first scale to the last end; another app's are not among them."""
    events: list[Event] = []
    following = read_events(client, "followed", LogQuery(follow=True))
    thread = threading.Thread(target=lambda: events.extend(following), daemon=True)
    thread.start()
    workshop.start("sleep 600", app="bystander")

    workshop.deploy("trap 'exit 0' TERM; sleep 600 & wait", app="followed")
    until(lambda: sum(one.action == "start" for one in events) == 2)
    client.patch(object_path("deployments", client.namespace, "followed"), {"spec": {"replicas": 1}})
    until(lambda: any(one.action == "die" for one in events))
    client.delete(object_path("deployments", client.namespace, "followed"))

    assert {one.app for one in events} == {"followed"}
    assert len(set(events)) == len(events)
    assert {"scale", "create", "scheduled", "start", "kill", "destroy", "die"} <= {one.action for one in events}
    assert "stopped as asked, exit code 0" in next(one.message for one in events if one.action == "die")


def test_all_apps_of_ours_are_told_of_together(client: Client, workshop: Workshop) -> None:
    """And nothing of what stands beside them."""
    client.create(
        object_path("pods", client.namespace),
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "foreign-7d9f8b6c5-x7k2p"},
            "spec": {"containers": [{"name": "app", "image": workshop.images["shell"], "command": ["sleep", "60"]}]},
        },
    )
    workshop.start("sleep 600", app="first")
    workshop.start("sleep 600", app="second")

    apps = {one.app for one in read_events(client, None, LogQuery())}

    assert {"first", "second"} <= apps
    assert "foreign" not in apps
