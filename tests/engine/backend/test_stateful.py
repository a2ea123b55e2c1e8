"""What an engine holds of a stateful app, and what hands and other writers do to it."""

from __future__ import annotations

import threading
from typing import Any

import docker
import pytest

from cloudkit.app import App
from cloudkit.backends.docker.labels import Component, identity
from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError
from cloudkit.model.progress import silent
from cloudkit.model.state import AppPhase

pytestmark = pytest.mark.engine


@pytest.fixture
def db(cloud: Cloud, image: str) -> App:
    """A stateful app of two replicas, each with a volume."""
    return deployed(cloud, image)


def deployed(cloud: Cloud, image: str) -> App:
    """Deploy such an app."""
    return cloud.deploy(
        "db", image, kind="stateful", replicas=2, port=8080, publish=False, volumes="data:/data", stop_grace=1
    )


def test_names_aliases_and_volumes(client: docker.DockerClient, cloud: Cloud, image: str, namespace: str) -> None:
    """On each of its networks; the volume says in its labels whose it is, as no other app may have it."""
    cloud.deploy("db", image, kind="stateful", networks=["default", "back"], volumes="data:/data")

    found: Any = client.api.inspect_container(f"{namespace}.db-0")
    networks = found["NetworkSettings"]["Networks"]
    assert set(networks) == {namespace, f"{namespace}.back"}
    assert all({"db-0", "db-0.db"} <= set(one["Aliases"]) for one in networks.values())
    assert [one["Name"] for one in found["Mounts"]] == [f"{namespace}.data-db-0"]
    assert client.volumes.get(f"{namespace}.data-db-0").attrs["Labels"] == identity(namespace, Component.VOLUME, "db")
    assert found["Config"]["Hostname"] == "db-0"


def test_a_name_that_is_somebody_elses_is_refused(
    client: docker.DockerClient, cloud: Cloud, image: str, namespace: str
) -> None:
    """Theirs is not touched, and no app is left that could not begin."""
    stranger = client.containers.create(image, name=f"{namespace}.db-0")
    try:
        with pytest.raises(ConflictError, match="there already, which is not cloudkit's"):
            deployed(cloud, image)
        stranger.reload()
        assert stranger.status == "created"
        assert cloud.apps() == ()
    finally:
        stranger.remove(force=True)


def test_a_renamed_replica_is_known_by_its_number(
    client: docker.DockerClient, cloud: Cloud, db: App, namespace: str
) -> None:
    """It counts as it is, and its successor comes once it is gone: never do two have one volume."""
    client.api.rename(f"{namespace}.db-1", f"{namespace}.aside")
    assert cloud.backend.plan(db.status().spec).empty

    db.deploy(env={"BODY": "new"})

    containers = client.api.containers(all=True, filters={"volume": f"{namespace}.data-db-1"})
    assert [one["Names"] for one in containers] == [[f"/{namespace}.db-1"]]
    assert [one.name for one in db.status().replicas] == ["db-0", "db-1"]


def test_an_orphan_gives_way_before_its_number_starts(
    client: docker.DockerClient, cloud: Cloud, image: str, db: App, namespace: str
) -> None:
    """One whose app's records are gone still holds its volume."""
    before = {one.id for one in db.status().replicas}
    for generation in client.api.containers(all=True, filters={"name": f"{namespace}.db.generation"}):
        client.api.remove_container(generation["Id"], force=True)

    deployed(cloud, image)

    after = db.status()
    assert (after.phase, [one.name for one in after.replicas]) == (AppPhase.READY, ["db-0", "db-1"])
    assert before.isdisjoint({one.id for one in after.replicas})


def test_two_who_mend_at_once_make_each_name_once(
    client: docker.DockerClient, cloud: Cloud, db: App, namespace: str
) -> None:
    """Neither fails: what the one makes the other waits for."""
    for one in db.status().replicas:
        client.api.remove_container(one.id, force=True)
    with Cloud("docker", namespace=namespace) as other:
        plan = cloud.backend.plan(db.status().spec)
        failures: list[BaseException] = []
        threads = [threading.Thread(target=apply, args=(one, plan, failures)) for one in (cloud, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(90)

    state = db.status()
    assert failures == []
    assert (state.phase, [one.name for one in state.replicas]) == (AppPhase.READY, ["db-0", "db-1"])


def test_a_balancer_learns_the_new_address_of_a_name(
    client: docker.DockerClient, cloud: Cloud, image: str, db: App
) -> None:
    """And forgets the old one, as the name is that of another container now."""
    lost = db.status().replicas[1]
    client.api.remove_container(lost.id, force=True)
    deployed(cloud, image)

    made = db.status().replicas[1]
    assert made.address != lost.address
    web = cloud.deploy("web", image, port=8080, publish=False)
    answers = {web.exec("curl", "http://db:8080/").output.strip() for _ in range(6)}
    assert answers == {"hello from db-0", "hello from db-1"}
    assert web.exec("curl", "http://db-1:8080/").output.strip() == "hello from db-1"


@pytest.mark.parametrize("stateful_first", [True, False])
def test_an_app_called_as_a_replica_is_refused(cloud: Cloud, image: str, *, stateful_first: bool) -> None:
    """Whichever comes second: on one network a name leads to one of two at random."""
    kinds = [("db", "stateful"), ("db-1", "service")]
    (first, kind), (second, other) = kinds if stateful_first else reversed(kinds)
    cloud.deploy(first, image, kind=kind)

    with pytest.raises(ConflictError, match="the stateful app 'db' names its replicas so that one would be 'db-1'"):
        cloud.deploy(second, image, kind=other)

    assert [one.name for one in cloud.apps()] == [first]


def apply(cloud: Cloud, plan: Any, failures: list[BaseException]) -> None:
    """Apply a plan, and note what it raises."""
    try:
        cloud.backend.apply(plan, listener=silent)
    except Exception as error:  # noqa: BLE001  # told by the test
        failures.append(error)
