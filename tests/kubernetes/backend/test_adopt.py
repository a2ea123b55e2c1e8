"""What runs on a cluster becomes an app, and no pod of it is restarted."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from contract.drivers.killed import killed
from kubernetes import client
from pods.workshop import until
from testbed.cluster.given import Given

from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError, UnsupportedError

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]

LABELS = {"some": "body"}
STEPS = (3, 6, 9)  # of a dozen changes: the old owner goes, nobody owns the pods, they are owned again
SERVE = ["python", "-m", "http.server", "8080"]


@pytest.fixture
def template(image: str) -> dict[str, Any]:
    """A pod that serves, in a container of a name of its own."""
    probe = {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1}
    container = {"name": "main", "image": image, "command": SERVE, "readinessProbe": probe}
    container["env"] = [{"name": "COLOR", "value": "blue"}]
    return {"metadata": {"labels": LABELS}, "spec": {"containers": [container], "terminationGracePeriodSeconds": 6}}


def legacy(api: Any, space: str, template: dict[str, Any], kind: str) -> str:
    """Run two pods of a kind; return what it is called."""
    core, apps = client.CoreV1Api(api), client.AppsV1Api(api)
    meta, chosen = {"name": "legacy"}, {"matchLabels": LABELS}
    whole = {"replicas": 2, "selector": chosen, "template": template}
    if kind == "rc":
        core.create_namespaced_replication_controller(space, {"metadata": meta, "spec": {**whole, "selector": LABELS}})
    elif kind == "pod":
        core.create_namespaced_pod(space, {"metadata": {**meta, "labels": LABELS}, "spec": template["spec"]})
    elif kind == "deployment":
        apps.create_namespaced_deployment(space, {"metadata": meta, "spec": whole})
    elif kind == "replicaset":
        apps.create_namespaced_replica_set(space, {"metadata": meta, "spec": whole})
    elif kind == "statefulset":
        headless = {"clusterIP": "None", "selector": LABELS, "ports": [{"port": 8080}]}
        core.create_namespaced_service(space, {"metadata": meta, "spec": headless})
        apps.create_namespaced_stateful_set(space, {"metadata": meta, "spec": {**whole, "serviceName": "legacy"}})
    else:
        apps.create_namespaced_daemon_set(space, {"metadata": meta, "spec": {"selector": chosen, "template": template}})
    wanted = 1 if kind == "pod" else 2
    until(lambda: sum(ready for _, ready, _ in pods(api, space)) == wanted)
    return f"{kind}/legacy"


def pods(api: Any, space: str) -> list[tuple[str, bool, int]]:
    """Return the uid of each living pod, whether it is ready, and how often its container was started again."""
    listed = client.CoreV1Api(api).list_namespaced_pod(space, label_selector="some=body").items
    living = [one for one in listed if one.metadata.deletion_timestamp is None]
    return sorted(
        (
            str(one.metadata.uid),
            any(each.type == "Ready" and each.status == "True" for each in one.status.conditions or ()),
            sum(each.restart_count for each in one.status.container_statuses or ()),
        )
        for one in living
    )


@pytest.fixture
def door(api: Any, space: str) -> Callable[[], str]:
    """Opens a port of the nodes that leads to the pods, and returns its url."""

    def opened() -> str:
        core = client.CoreV1Api(api)
        spec = {"type": "NodePort", "selector": LABELS, "ports": [{"port": 8080}]}
        made = core.create_namespaced_service(space, {"metadata": {"name": "door"}, "spec": spec})
        node = min(core.list_node().items, key=lambda one: str(one.metadata.name))
        address = next(one.address for one in node.status.addresses if one.type == "InternalIP")
        url = f"http://{address}:{made.spec.ports[0].node_port}/"
        until(lambda: answer(url) == 200)
        return url

    return opened


def answer(url: str) -> int:
    """Return the status of an answer; 0 where there is none."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return int(response.status)
    except OSError:
        return 0


@contextmanager
def requests(url: str) -> Iterator[tuple[list[int], list[int]]]:
    """Send requests without pause from two threads; gives the answers and the failures."""
    answers, failures, over = list[int](), list[int](), threading.Event()

    def send() -> None:
        while not over.is_set():
            status = answer(url)
            answers.append(status)
            if status != 200:
                failures.append(status)

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield answers, failures
    finally:
        over.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("kind", ["rc", "replicaset", "deployment", "pod", "statefulset", "daemonset"])
def test_pods_stay_and_the_app_is_whole(
    api: Any, space: str, cloud: Cloud, template: dict[str, Any], kind: str
) -> None:
    """Status, logs, exec, scale, a new revision and the way back; the same pods until the first new revision."""
    workload = legacy(api, space, template, kind)
    before = pods(api, space)

    web = cloud.adopt(workload)

    state = web.status()
    assert pods(api, space) == before
    assert (state.settled, state.revision, state.spec.env) == (True, 1, {"COLOR": "blue"})
    assert sorted(one.id for one in state.replicas) == [uid for uid, _, _ in before]
    assert cloud.backend.plan(state.spec).empty
    assert web.exec("printenv", "COLOR").output.strip() == "blue"
    assert any("GET / " in line.text for line in web.logs(tail=50))
    assert [(row.name, row.owner) for row in cloud.workloads()] == [("legacy", "cloudkit")]
    web.deploy(env={"COLOR": "red"})
    assert web.exec("printenv", "COLOR").output.strip() == "red"
    web.rollback()
    assert web.exec("printenv", "COLOR").output.strip() == "blue"
    web.delete()


def test_no_request_fails_meanwhile(
    api: Any, space: str, cloud: Cloud, template: dict[str, Any], door: Callable[[], str]
) -> None:
    """The Service that led to the pods leads to them all the time, and to the next revision, too."""
    workload = legacy(api, space, template, "rc")

    with requests(door()) as (answers, failures):
        web = cloud.adopt(workload)
        until(lambda: len(answers) > 200)
        web.deploy(env={"COLOR": "red"})

    assert failures == []
    assert len(answers) > 200


def test_a_service_of_the_app_s_name_stays(api: Any, space: str, cloud: Cloud, template: dict[str, Any]) -> None:
    """It is somebody else's, so that it is never written; it outlives the app."""
    core, workload = client.CoreV1Api(api), legacy(api, space, template, "deployment")
    spec = {"selector": LABELS, "ports": [{"port": 80, "targetPort": 8080}]}
    core.create_namespaced_service(space, {"metadata": {"name": "legacy"}, "spec": spec})
    before = core.read_namespaced_service("legacy", space).spec
    with cloud.planning() as plans:
        cloud.adopt(workload)

    web = cloud.adopt(workload).deploy(env={"COLOR": "red"})

    assert "keep service legacy 80 -> 8080" in str(plans[0])
    assert core.read_namespaced_service("legacy", space).spec == before
    assert web.exec("python", "-c", "import urllib.request as r; r.urlopen('http://legacy:80/')").exit_code == 0
    assert cloud.backend.plan(web.status().spec).empty
    web.delete()
    assert core.read_namespaced_service("legacy", space).spec == before


def test_what_a_controller_has_made_names_it(api: Any, space: str, cloud: Cloud, template: dict[str, Any]) -> None:
    """It would make it again, so that the controller is what one adopts."""
    legacy(api, space, template, "deployment")
    (row,) = client.AppsV1Api(api).list_namespaced_replica_set(space).items

    with pytest.raises(ConflictError, match="Deployment legacy") as refused:
        cloud.adopt(f"replicaset/{row.metadata.name}")

    assert refused.value.hint == "cloudkit adopt deployment/legacy"


@pytest.mark.parametrize(
    ("annotations", "labels", "keeper", "help"),
    [
        ({"meta.helm.sh/release-name": "shop"}, {}, "helm release shop", "helm.sh/resource-policy=keep"),
        ({"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:ns/web"}, {}, "argo application shop", "argocd app"),
        ({}, {"kustomize.toolkit.fluxcd.io/name": "shop"}, "flux shop", "kustomize.toolkit.fluxcd.io/name-"),
    ],
)
def test_what_somebody_keeps_names_them(
    api: Any,
    space: str,
    cloud: Cloud,
    template: dict[str, Any],
    annotations: dict[str, str],
    labels: dict[str, str],
    keeper: str,
    help: str,
) -> None:
    """With the command by which they let go."""
    meta = {"name": "legacy", "annotations": annotations, "labels": labels}
    spec = {"replicas": 0, "selector": {"matchLabels": LABELS}, "template": template}
    client.AppsV1Api(api).create_namespaced_deployment(space, {"metadata": meta, "spec": spec})

    with pytest.raises(ConflictError, match=keeper) as refused:
        cloud.adopt("deployment/legacy")

    assert help in refused.value.hint


def test_what_no_app_can_say_is_named(api: Any, space: str, cloud: Cloud, template: dict[str, Any]) -> None:
    """Who agrees to lose it has it until the next revision."""
    template["spec"]["hostAliases"] = [{"ip": "10.0.0.1", "hostnames": ["other"]}]
    workload = legacy(api, space, template, "rc")

    with pytest.raises(UnsupportedError, match=r"spec\.hostAliases") as refused:
        cloud.adopt(workload)

    assert "--lossy" in refused.value.hint
    before = pods(api, space)
    web = cloud.adopt(workload, lossy=True)
    assert "10.0.0.1" in web.exec("cat", "/etc/hosts").output
    assert pods(api, space) == before


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["deployment", "statefulset", "daemonset"])
def test_whoever_is_killed_is_carried_on(
    api: Any, space: str, cloud: Cloud, cluster: Given, template: dict[str, Any], kind: str
) -> None:
    """In front of the changes that matter: the old owner's end, the pods' labels, the new owner."""
    options = {"backend": "kubernetes", "namespace": space, "registry": cluster.registry}
    for step in STEPS:
        workload = legacy(api, space, template, kind)
        before = pods(api, space)

        ended = killed({"cloud": options, "step": step, "name": "adopt", "app": "", "options": {"workload": workload}})
        web = cloud.adopt(workload) if ended else cloud.app("legacy")

        assert pods(api, space) == before, f"killed in front of step {step}"
        assert web.status().settled
        web.delete()
        if kind == "statefulset":
            client.CoreV1Api(api).delete_namespaced_service("legacy", space)
        if not ended:
            return
