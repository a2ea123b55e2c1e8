"""What others do to an engine's containers, or an interruption leaves, is mended by the next call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import docker
import pytest

from cloudkit.backends.docker.convert import replica_config
from cloudkit.backends.docker.labels import Component, identity
from cloudkit.backends.docker.records import write_record
from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError, RolloutError
from cloudkit.model.cause import CauseCode
from cloudkit.model.progress import Progress, silent
from cloudkit.model.state import AppPhase, ReplicaPhase

pytestmark = pytest.mark.engine

WORKER = ("sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done")
FAILING = ("sh", "-c", "echo no; exit 3")


def test_a_paused_replica_is_resumed(cloud: Cloud, client: docker.DockerClient, image: str) -> None:
    """The same one, as it has lost nothing."""
    (before,) = cloud.deploy("web", image, command=WORKER).status().replicas
    client.containers.get(before.id).pause()

    (after,) = cloud.deploy("web", image, command=WORKER).status().replicas

    assert (after.id, after.phase) == (before.id, ReplicaPhase.READY)


def test_a_worker_that_ended_well_as_it_was_stopped_starts_again(cloud: Cloud, image: str) -> None:
    """Its exit code 0 does not make it a job that is done."""
    web = cloud.deploy("web", image, command=WORKER, restart="on-failure")
    web.stop()
    (stopped,) = web.status().replicas

    web.start()

    (started,) = web.status().replicas
    assert stopped.exit_code == 0
    assert (started.id, started.phase) == (stopped.id, ReplicaPhase.READY)
    assert cloud.backend.plan(web.status().spec).empty


def test_a_replica_whose_address_was_taken_while_it_was_stopped_is_replaced(
    cloud: Cloud, client: docker.DockerClient, image: str, namespace: str
) -> None:
    """An app that has such a name is no port that is taken."""
    web = cloud.deploy("export", image, command=WORKER)
    (before,) = web.stop().status().replicas
    endpoints: Any = {namespace: client.api.create_endpoint_config(ipv4_address=before.address)}
    config = client.api.create_networking_config(endpoints)
    labels = identity(namespace, Component.TASK)
    thief = client.api.create_container(image, list(WORKER), labels=labels, networking_config=config)
    client.api.start(thief)

    web.start()

    (after,) = web.status().replicas
    assert after.phase is ReplicaPhase.READY
    assert (after.id, after.address) != (before.id, before.address)


def test_replicas_come_back_though_their_network_was_removed(
    cloud: Cloud, client: docker.DockerClient, image: str, namespace: str
) -> None:
    """As somebody may do who prunes while an app is stopped."""
    web = cloud.deploy("web", image, command=WORKER, replicas=2).stop()
    client.networks.get(namespace).remove()

    web.start()

    assert (web.status().ready, len(web.status().replicas)) == (2, 2)


def test_a_replica_left_before_it_was_started_joins_all_its_networks(
    cloud: Cloud, client: docker.DockerClient, image: str, namespace: str
) -> None:
    """As a kill leaves one: created on its first network, and on no other."""
    web = cloud.deploy("web", image, command=WORKER, networks=["default", "db"])
    spec, (lost,) = web.status().spec, web.status().replicas
    client.containers.get(lost.id).remove(force=True)
    config = replica_config(
        client.api, spec, namespace=namespace, revision=1, name=f"{namespace}.web-1-left", image=image,
        network=namespace, address=lost.address,
    )  # fmt: skip
    left = client.api.create_container(**config)["Id"]

    cloud.deploy("web", image, command=WORKER, networks=["default", "db"])

    (after,) = web.status().replicas
    assert (after.id, after.phase) == (left, ReplicaPhase.READY)
    joined = client.api.inspect_container(left)["NetworkSettings"]["Networks"]
    assert set(joined) == {namespace, f"{namespace}.db"}


def test_a_network_of_somebody_else_is_left_alone(
    cloud: Cloud, client: docker.DockerClient, image: str, namespace: str
) -> None:
    """However it is called."""
    foreign = client.networks.create(namespace)
    try:
        with pytest.raises(ConflictError, match="not cloudkit's"):
            cloud.deploy("web", image, command=WORKER)
        foreign.reload()
        assert foreign.attrs["Containers"] == {}
    finally:
        foreign.remove()


def test_an_interrupted_roll_that_fails_when_taken_up_goes_back(
    cloud: Cloud, client: docker.DockerClient, image: str, namespace: str
) -> None:
    """To what still runs, though its record is no longer the newest."""
    web = cloud.deploy("web", image, command=WORKER)
    (before,) = web.status().replicas
    bad = web.status().spec.replace(command=FAILING)
    write_record(client.api, namespace, bad, image=image, generation=2, revision=2)

    with pytest.raises(RolloutError, match="revision 1 runs again"):
        web.deploy(command=FAILING)

    (after,) = web.status().replicas
    assert (after.id, web.status().phase, web.status().spec.command) == (before.id, AppPhase.READY, WORKER)


def test_what_is_on_its_way_when_its_app_is_deleted_goes_with_it(
    cloud: Cloud, client: docker.DockerClient, image: str, namespace: str
) -> None:
    """Whoever rolls is told, and no replica stays that nobody knows of."""
    rolls = threading.Event()
    told: list[BaseException] = []

    def roll() -> None:
        with Cloud("docker", namespace=namespace, listener=_hears(rolls)) as other:
            try:
                other.deploy("web", image, port=8080, publish=False, env={"START_DELAY": "60"}, stop_grace=1)
            except ConflictError as error:
                told.append(error)

    writer = threading.Thread(target=roll)
    writer.start()
    assert rolls.wait(60)
    cloud.app("web").delete()
    writer.join(60)

    assert [type(one) for one in told] == [ConflictError]
    assert cloud.apps() == ()
    assert client.containers.list(all=True, filters={"label": f"cloudkit/namespace={namespace}"}) == []


def test_deleting_what_someone_else_has_deleted_meanwhile_is_no_error(cloud: Cloud, image: str) -> None:
    """It is gone, as was asked for."""
    cloud.deploy("web", image, command=WORKER)
    plan = cloud.backend.plan_delete("web")
    cloud.app("web").delete()

    assert cloud.backend.apply(plan, listener=silent) is None


def test_one_that_nobody_waits_for_is_not_ready_before_it_answers(cloud: Cloud, image: str) -> None:
    """Also in the moments before its balancer has checked it for the first time."""
    env = {"START_DELAY": "30"}

    web = cloud.deploy("web", image, port=8080, publish=False, env=env, stop_grace=0, wait=False)

    assert (web.status().phase, web.status().ready) == (AppPhase.PROGRESSING, 0)


def test_what_cannot_be_made_is_told_as_a_cause_and_leaves_the_old_revision(cloud: Cloud, image: str) -> None:
    """A folder that is not there is seen when a replica is made, and no half of the roll stays."""
    web = cloud.deploy("web", image, command=WORKER)
    before = web.status()

    with pytest.raises(RolloutError) as caught:
        web.deploy(volumes="/not/there/at-all:/data")

    assert caught.value.cause.code is CauseCode.VOLUME_UNBOUND
    assert (web.status().spec, web.status().phase) == (before.spec, AppPhase.READY)
    assert [one.id for one in web.status().replicas] == [one.id for one in before.replicas]


def _hears(rolls: threading.Event) -> Callable[[Progress], None]:
    """Return a listener that tells when a roll has begun."""

    def heard(progress: Progress) -> None:
        if progress.item == "web":
            rolls.set()

    return heard
