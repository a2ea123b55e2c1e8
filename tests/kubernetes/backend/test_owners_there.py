"""Daemons and stateful apps on a real cluster, where its controllers need help, or say why they make nothing."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes import client
from pods.workshop import until

from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError, UnsupportedError
from cloudkit.model.cause import CauseCode
from cloudkit.model.state import AppPhase

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]

SLEEP = ("sleep", "600")
BROKEN = ("sh", "-c", "exit 3")


def test_a_daemon_that_no_node_admits_says_so(cloud: Cloud, image: str) -> None:
    """It is not ready, though the cluster has nothing left to do."""
    agent = cloud.deploy("agent", image, command=SLEEP, kind="daemon", node="disk=none", wait=False)

    until(lambda: cloud.backend.diagnose("agent"))

    cause = cloud.backend.diagnose("agent")
    assert cause is not None
    assert (cause.code, cause.certain) == (CauseCode.UNSCHEDULABLE, False)
    assert "no node takes agent: none has disk=none" in cause.summary
    assert agent.status().phase is AppPhase.PROGRESSING


def test_a_daemon_is_rolled_back(cloud: Cloud, image: str) -> None:
    """Its past revisions are what its controller keeps, with the record's own annotations."""
    agent = cloud.deploy("agent", image, command=SLEEP, kind="daemon", env={"LEVEL": "info"})
    agent.deploy(env={"LEVEL": "debug"})
    kept = [(one.number, one.spec.env["LEVEL"]) for one in agent.revisions()]

    agent.rollback()

    assert kept == [(2, "debug"), (1, "info")]
    assert agent.status().spec.env == {"LEVEL": "info"}


@pytest.mark.parametrize("kind", ["daemon", "stateful"])
def test_why_a_controller_makes_no_pod_is_read_from_its_events(
    api: Any, space: str, cloud: Cloud, image: str, kind: str
) -> None:
    """As it keeps no condition for that."""
    core = client.CoreV1Api(api)
    quota = {"metadata": {"name": "small"}, "spec": {"hard": {"pods": "0"}}}
    core.create_namespaced_resource_quota(space, quota)
    until(lambda: core.read_namespaced_resource_quota("small", space).status.hard)
    cloud.deploy("app", image, command=SLEEP, kind=kind, wait=False)

    until(lambda: cloud.backend.diagnose("app"))

    cause = cloud.backend.diagnose("app")
    assert cause is not None
    assert cause.code is CauseCode.QUOTA


def test_a_broken_revision_is_no_stateful_apps_end(cloud: Cloud, image: str) -> None:
    """Nobody waited for it, and nobody waits for the next one: its pod is taken out of the way."""
    db = cloud.deploy("db", image, command=SLEEP, kind="stateful", replicas=2)
    db.deploy(command=BROKEN, wait=False)
    until(lambda: any(one.revision == 2 and one.restarts for one in db.status().replicas))

    db.deploy(command=SLEEP, env={"A": "1"}, wait=False)

    until(lambda: db.status().settled)
    assert {one.revision for one in db.status().replicas} == {3}


def test_other_volumes_of_a_stateful_app_are_refused_before_anything_changes(cloud: Cloud, image: str) -> None:
    """A StatefulSet would refuse them, too, but without a way out."""
    db = cloud.deploy("db", image, command=SLEEP, kind="stateful", wait=False)

    with pytest.raises(UnsupportedError, match="a StatefulSet cannot change them"):
        db.deploy(volumes="data:/data")

    assert db.status().generation == 1


def test_somebody_elses_stateful_set_is_left_alone(api: Any, space: str, cloud: Cloud, image: str) -> None:
    """And is in the way of a stateful app alone, as a service is another object."""
    labels = {"some": "body"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "db", "image": image}]}}
    spec = {"replicas": 0, "serviceName": "db", "selector": {"matchLabels": labels}, "template": template}
    client.AppsV1Api(api).create_namespaced_stateful_set(space, {"metadata": {"name": "db"}, "spec": spec})

    with pytest.raises(ConflictError, match="needs the StatefulSet 'db', which is somebody else's"):
        cloud.deploy("db", image, command=SLEEP, kind="stateful")
    cloud.deploy("db", image, command=SLEEP).delete()

    assert client.AppsV1Api(api).read_namespaced_stateful_set("db", space).spec.service_name == "db"
