"""What others do to an app's objects: a hand's change is seen and undone, another owner's field is refused by name."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from kubernetes import client
from pods.workshop import until

from cloudkit.app import App
from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError, NotFoundError
from cloudkit.model.progress import Phase, Progress, silent

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]


def apply_again(cloud: Cloud, web: App) -> list[Progress]:
    """Apply what is wanted already; return what was told."""
    told: list[Progress] = []
    plan = cloud.backend.plan(web.status().spec)
    assert not plan.empty
    cloud.backend.apply(plan, listener=told.append)
    return told


def test_a_number_set_by_hand_is_seen_and_set_back(api: Any, space: str, cloud: Cloud, web: App) -> None:
    """As by ``kubectl scale``; who set it is told."""
    client.AppsV1Api(api).patch_namespaced_deployment_scale(
        "web", space, {"spec": {"replicas": 1}}, field_manager="kubectl"
    )

    told = apply_again(cloud, web)

    state = web.status()
    assert (state.ready, state.generation, len(state.replicas)) == (2, 1, 2)
    assert any("kubectl" in one.message for one in told if one.phase is Phase.NOTICE)
    assert cloud.backend.plan(state.spec).empty


def test_what_runs_changed_by_hand_is_seen_and_set_back(api: Any, space: str, cloud: Cloud, web: App) -> None:
    """As by ``kubectl edit``; the revision stays, as what is wanted has not changed."""
    container = {"name": "app", "args": ["python", "-m", "http.server", "9090"]}
    change = {"spec": {"template": {"spec": {"containers": [container]}}}}
    client.AppsV1Api(api).patch_namespaced_deployment("web", space, change, field_manager="kubectl-edit")
    plan = cloud.backend.plan(web.status().spec)

    apply_again(cloud, web)

    assert "args" in str(plan)
    assert (web.status().revision, web.status().settled) == (1, True)
    assert cloud.backend.plan(web.status().spec).empty


def test_a_field_of_another_applier_is_refused_by_its_name(api: Any, space: str, web: App) -> None:
    """It would set it back again and again; whoever shall have it is to be decided there."""
    theirs = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": space},
        "spec": {"replicas": 4, "selector": {"matchLabels": {}}, "template": {}},
    }
    patch = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": theirs["metadata"], "spec": {"replicas": 4}}
    client.AppsV1Api(api).patch_namespaced_deployment(
        "web", space, patch, field_manager="argocd", force=True, _content_type="application/apply-patch+yaml"
    )

    with pytest.raises(ConflictError, match="argocd"):
        web.scale(3)

    web.scale(4)
    assert web.status().ready == 4


def test_a_service_removed_by_hand_is_made_again(api: Any, space: str, cloud: Cloud, web: App) -> None:
    """The replicas go on."""
    before = {one.id for one in web.status().replicas}
    client.CoreV1Api(api).delete_namespaced_service("web", space)

    apply_again(cloud, web)

    assert client.CoreV1Api(api).read_namespaced_service("web", space).spec.ports[0].port == 8080
    assert {one.id for one in web.status().replicas} == before


def test_what_is_left_out_of_the_spec_goes(cloud: Cloud, image: str) -> None:
    """Also of what the first deploy has made."""
    options = {"command": ("sleep", "600"), "replicas": 1}
    web = cloud.deploy("web", image, env={"A": "1", "B": "2"}, **options)

    web = cloud.deploy("web", image, env={"B": "2"}, **options)

    assert web.exec("sh", "-c", "echo ${A-none} $B").output == "none 2\n"
    assert web.status().revision == 2


def test_an_object_of_somebody_else_is_not_taken(api: Any, space: str, cloud: Cloud, image: str) -> None:
    """A Deployment or a Service of the app's name stands in its way, and is left as it is."""
    ports = [{"port": 80}]
    service = {"metadata": {"name": "web"}, "spec": {"selector": {"some": "body"}, "ports": ports}}
    made = client.CoreV1Api(api).create_namespaced_service(space, service)

    with pytest.raises(ConflictError, match="somebody else's"):
        cloud.deploy("web", image, command=("sleep", "600"), port=8080)

    left = client.CoreV1Api(api).read_namespaced_service("web", space)
    assert left.metadata.resource_version == made.metadata.resource_version
    assert cloud.apps() == ()


def test_a_volume_outlives_its_app(api: Any, space: str, cloud: Cloud, image: str) -> None:
    """A claim is made for it, and stays when the app is deleted."""
    web = cloud.deploy("web", image, command=("sleep", "600"), volumes="data:/data")
    web.exec("sh", "-c", "echo kept > /data/note")

    web.delete()
    again = cloud.deploy("web", image, command=("sleep", "600"), volumes="data:/data")

    assert again.exec("cat", "/data/note").output == "kept\n"
    assert [
        one.metadata.name for one in client.CoreV1Api(api).list_namespaced_persistent_volume_claim(space).items
    ] == ["data"]


def test_a_namespace_that_is_not_there_is_said_with_the_command(cloud: Cloud, image: str) -> None:
    """Before anything else is."""
    elsewhere = Cloud("kubernetes", namespace="t-never-made", registry=cloud.config.registry)

    with elsewhere, pytest.raises(NotFoundError, match="t-never-made") as caught:
        elsewhere.deploy("web", image, command=("sleep", "600"))

    assert caught.value.hint == "kubectl create namespace t-never-made"


@pytest.mark.usefixtures("web")
def test_a_deletion_by_hand_is_no_error_for_the_next(api: Any, space: str, cloud: Cloud) -> None:
    """What is left of the app goes with it."""
    client.AppsV1Api(api).delete_namespaced_deployment("web", space)

    cloud.backend.apply(cloud.backend.plan_delete("web"), listener=silent)

    assert cloud.backend.plan_delete("web").empty
    assert client.CoreV1Api(api).list_namespaced_service(space).items == []


def test_who_waits_for_what_another_deletes_is_told_and_leaves_nothing(
    api: Any, space: str, web: App, cloud: Cloud
) -> None:
    """Neither a Service nor a Secret of a roll that nobody wants any more."""
    failures: list[Exception] = []

    def roll() -> None:
        try:
            web.deploy(command=("sh", "-c", "sleep 60"))
        except ConflictError as error:
            failures.append(error)

    thread = threading.Thread(target=roll)
    thread.start()
    until(lambda: web.status().revision == 2)
    cloud.app("web").delete()
    thread.join(60)

    assert len(failures) == 1
    assert cloud.backend.plan_delete("web").empty
    assert client.CoreV1Api(api).list_namespaced_service(space).items == []


def test_what_the_cluster_refuses_leaves_the_app_as_it_was(api: Any, space: str, web: App, cloud: Cloud) -> None:
    """Here a quota for the Services of a published port: the record is taken back, the replicas go on."""
    before = web.deploy(publish=False).status()
    quota = {"metadata": {"name": "none"}, "spec": {"hard": {"services.nodeports": "0"}}}
    client.CoreV1Api(api).create_namespaced_resource_quota(space, quota)
    until(lambda: client.CoreV1Api(api).read_namespaced_resource_quota("none", space).status.hard)

    with pytest.raises(ConflictError, match="quota"):
        web.deploy(publish=0)

    after = web.status()
    assert (after.spec, after.url, after.settled) == (before.spec, "", True)
    assert [one.id for one in after.replicas] == [one.id for one in before.replicas]
    assert cloud.backend.plan(after.spec).empty
