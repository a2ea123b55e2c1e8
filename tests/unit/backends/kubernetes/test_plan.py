"""From what is on a cluster to what is to be done, as a table."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest
from unit.backends.kubernetes.causes.patients import app
from unit.backends.kubernetes.served import BEGAN, pod, served

from cloudkit.backends.kubernetes.plan import Situation, delete_actions, plan_actions, retired, wanted_revision
from cloudkit.errors import ConflictError
from cloudkit.model.app import AppSpec
from cloudkit.model.mount import Mount
from cloudkit.model.port import Port
from cloudkit.model.secret import Secret

NOTHING = Situation(namespace="ns", record=None)


def steps(start: Situation, wanted: AppSpec) -> list[str]:
    """The plan, a line each."""
    return [str(action) for action in plan_actions(start, wanted)]


def test_the_first_deploy_makes_everything() -> None:
    """What the pods need, the Deployment, how it is reached, its replicas."""
    wanted = app(
        replicas=2,
        ports=(Port(number=80, publish=8080),),
        mounts=(Mount(source="data", target="/data"),),
        env={"TOKEN": Secret("hunter2")},
        networks=("private",),
    )

    assert steps(NOTHING, wanted) == [
        "record revision 1 generation 1",
        "create deployment web 2 replicas",
        "create secret web-env-1",
        "create volume data",
        "create policy web",
        "create service web",
        "create service web-published 127.0.0.1:8080 -> 80",
        "create budget web",
        "start replica revision 1",
        "start replica revision 1",
    ]


def test_what_is_true_already_needs_nothing() -> None:
    """So that applying twice changes nothing, whatever node ports the cluster has chosen."""
    spec = app(replicas=2, ports=(Port(number=80, publish=8080),), env={"TOKEN": Secret("hunter2")})

    assert steps(served(spec).situation(pod("web-a"), pod("web-b")), spec) == []


def test_a_roll_names_who_goes() -> None:
    """The secrets of the old revision stay, as it may come back."""
    before = app(replicas=1, env={"TOKEN": Secret("hunter2")})
    after = before.replace(env={"TOKEN": Secret("hunter3")})

    assert steps(served(before).situation(pod("web-a")), after) == [
        "record revision 2 generation 2",
        "update deployment web",
        "create secret web-env-2",
        "start replica revision 2",
        "drain replica web-a",
    ]


def test_scaling_down_names_who_goes() -> None:
    """And the budget goes where one replica is left."""
    before = app(replicas=3)
    pods = (pod("web-a", age=90), pod("web-b", age=30), pod("web-c", age=60))

    assert steps(served(before).situation(*pods), before.replace(replicas=1)) == [
        "record revision 1 generation 2",
        "update deployment web 3 -> 1 replicas",
        "drain replica web-b",
        "drain replica web-c",
        "remove budget web",
    ]


def test_scaling_up_keeps_who_is_there() -> None:
    """Only new ones start."""
    before = app(replicas=1)

    assert steps(served(before).situation(pod("web-a")), before.replace(replicas=2)) == [
        "record revision 1 generation 2",
        "update deployment web 1 -> 2 replicas",
        "create budget web",
        "start replica revision 1",
    ]


def test_a_stop_drains_every_replica() -> None:
    """Pods of a stopped app do not stay."""
    before = app(replicas=1)

    assert steps(served(before).situation(pod("web-a")), before.replace(stopped=True)) == [
        "record revision 1 generation 2",
        "update deployment web 1 -> 0 replicas",
        "drain replica web-a",
    ]


def test_what_a_hand_has_changed_is_set_back() -> None:
    """By ``kubectl scale``, or by deleting a Service."""
    spec = app(replicas=1)
    there = served(spec)
    scaled = msgspec.structs.replace(there.owner.spec, replicas=0)
    there = dataclasses.replace(
        there,
        owner=msgspec.structs.replace(there.owner, spec=scaled),
        services=(),
        keys=frozenset(),
    )

    assert steps(there.situation(), spec) == [
        "update deployment web 0 -> 1 replicas",
        "create service web",
        "start replica revision 1",
    ]


def test_what_left_the_spec_is_removed() -> None:
    """And a port that changed its number changes the Service."""
    before = app(ports=(Port(number=80, publish=30080),), networks=("private",))
    after = app(ports=(Port(number=81),))

    actions = steps(served(before).situation(), after)

    assert "update service web 81" in actions
    assert actions[-2:] == ["remove policy web", "remove service web-published"]


@pytest.mark.parametrize(("publish", "changed"), [(30080, False), (30081, True), (8080, True), (None, True)])
def test_a_published_port_changes_its_service_alone(publish: int | None, *, changed: bool) -> None:
    """No replica is replaced."""
    before = app(replicas=1, ports=(Port(number=80, publish=30080),))
    after = before.replace(ports=(Port(number=80, publish=publish),))

    actions = plan_actions(served(before).situation(pod("web-a")), after)

    assert any(one.name == "web-published" for one in actions) is changed
    assert not any(one.object == "replica" for one in actions)


def test_a_service_of_somebody_else_is_a_conflict() -> None:
    """As when an app is called web-published: it is never taken over."""
    other = served(app(name="web-published"))
    start = Situation(namespace="ns", record=None, services=other.services)

    with pytest.raises(ConflictError, match="web-published"):
        plan_actions(start, app(ports=(Port(number=80, publish=0),)))


def test_the_revision_changes_with_what_runs_alone() -> None:
    """And never takes a number that there was."""
    first, second = app(), app(command=("serve",))
    start = served(first, second).situation()

    assert wanted_revision(start, second.replace(replicas=5)) == 2
    assert wanted_revision(start, first) == 3
    assert wanted_revision(NOTHING, first) == 1


def test_who_is_not_ready_goes_first() -> None:
    """As the cluster chooses whatever one says: without a node, not running, not ready, then the newest."""
    pods = (
        pod("web-old", age=90),
        pod("web-new", age=10),
        pod("web-unready", ready=False),
        pod("web-pending", status={"phase": "Pending"}),
        pod("web-homeless", spec={"nodeName": ""}, status={"phase": "Pending"}),
        pod("web-ending", metadata={"deletionTimestamp": BEGAN.isoformat()}),
        pod("web-evicted", status={"phase": "Failed"}),
    )

    gone = retired(served(app(replicas=5)).record, pods, app(replicas=1))

    assert [one.metadata.name for one in gone] == ["web-homeless", "web-pending", "web-unready", "web-new"]


def test_a_deletion_names_all_but_the_volumes() -> None:
    """And is empty where nothing is left, the volumes apart."""
    spec = app(
        replicas=2,
        mounts=(Mount(source="data", target="/data"),),
        env={"TOKEN": Secret("hunter2")},
    )

    actions = delete_actions(served(spec).situation(pod("web-a")), "web")

    assert [str(one) for one in actions] == [
        "remove service web",
        "remove deployment web",
        "drain replica web-a",
        "remove budget web",
        "remove secret web-env-1",
    ]
    left = Situation(namespace="ns", record=None, present=frozenset({("persistentvolumeclaims", "data")}))
    assert delete_actions(left, "web") == ()
