"""Everything that runs in a namespace is a row, whoever has made it and of whichever kind."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from kubernetes import client

from cloudkit.cloud import Cloud
from cloudkit.model.workload import Workload

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]

SLEEP = ["sleep", "600"]
LABELS = {"some": "body"}


@pytest.fixture
def template(image: str) -> dict[str, Any]:
    """A pod that sleeps."""
    container = {"name": "main", "image": image, "command": SLEEP}
    return {"metadata": {"labels": LABELS}, "spec": {"containers": [container], "terminationGracePeriodSeconds": 0}}


def test_each_kind_is_one_row(api: Any, space: str, cloud: Cloud, image: str, template: dict[str, Any]) -> None:
    """What a listed object has made is no row of its own; a bare pod is."""
    make(api, space, template)
    cloud.deploy("web", image, command=SLEEP, kind="worker", user="65532")

    rows = until(cloud, lambda rows: len(rows) == 9 and all(row.ready == row.wanted for row in rows))

    assert {(row.kind, row.name, row.ready) for row in rows} == {
        ("cronjob", "nightly", 0), ("daemonset", "agent", 2), ("deployment", "shop", 1), ("deployment", "web", 1),
        ("job", "once", 1), ("pod", "bare", 1), ("rc", "legacy", 2), ("replicaset", "set", 1), ("statefulset", "db", 1),
    }  # fmt: skip
    assert {row.name: row.owner for row in rows if row.owner} == {"shop": "helm release shop", "web": "cloudkit"}
    assert all(row.images and row.created_at and row.namespace == space for row in rows)


def test_a_row_tells_what_its_pods_suffer_from(api: Any, space: str, cloud: Cloud, template: dict[str, Any]) -> None:
    """The nearest to the cause: the words of the container that waits."""
    template["spec"]["containers"][0]["image"] = "localhost:1/nothing:1"
    core = client.CoreV1Api(api)
    core.create_namespaced_replication_controller(space, body("legacy", replicas=1, selector=LABELS, template=template))

    (row,) = until(cloud, lambda rows: bool(rows and rows[0].message))

    assert (row.kind, row.ready, row.wanted) == ("rc", 0, 1)
    assert "ImagePull" in row.message


def make(api: Any, space: str, template: dict[str, Any]) -> None:
    """Run one of each kind."""
    core, apps, batch = client.CoreV1Api(api), client.AppsV1Api(api), client.BatchV1Api(api)
    own = {"selector": {"matchLabels": LABELS}, "template": template}
    once = {"template": {"spec": {**template["spec"], "restartPolicy": "Never"}}}
    core.create_namespaced_pod(space, {"metadata": {"name": "bare"}, "spec": template["spec"]})
    core.create_namespaced_replication_controller(space, body("legacy", replicas=2, selector=LABELS, template=template))
    apps.create_namespaced_replica_set(space, body("set", replicas=1, **distinct(own, "set")))
    apps.create_namespaced_stateful_set(space, body("db", replicas=1, serviceName="db", **distinct(own, "db")))
    apps.create_namespaced_daemon_set(space, body("agent", **distinct(own, "agent")))
    helm = {"name": "shop", "annotations": {"meta.helm.sh/release-name": "shop"}}
    apps.create_namespaced_deployment(space, {**body("shop", **distinct(own, "shop")), "metadata": helm})
    batch.create_namespaced_job(space, body("once", **once))
    batch.create_namespaced_cron_job(space, body("nightly", schedule="0 3 1 1 *", jobTemplate={"spec": once}))


def body(name: str, **spec: Any) -> dict[str, Any]:
    """Return an object of any kind."""
    return {"metadata": {"name": name}, "spec": spec}


def distinct(own: dict[str, Any], name: str) -> dict[str, Any]:
    """Return selector and template with a label that no other has."""
    labels = {"of": name}
    return {"selector": {"matchLabels": labels}, "template": {**own["template"], "metadata": {"labels": labels}}}


def until(cloud: Cloud, holds: Callable[[tuple[Workload, ...]], bool]) -> tuple[Workload, ...]:
    """Return the rows of which something holds, within a minute."""
    for _ in range(120):
        rows = cloud.workloads()
        if holds(rows):
            return rows
        time.sleep(0.5)
    raise AssertionError("\n".join(map(str, rows)))
