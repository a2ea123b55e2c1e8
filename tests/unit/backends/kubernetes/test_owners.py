"""What a daemon and a stateful app are on a cluster, and what is read back of them."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from unit.backends.kubernetes.served import BEGAN, pod
from unit.backends.kubernetes.supported import owned_specs
from unit.backends.kubernetes.test_manifests import app, sent

from cloudkit.backends.kubernetes.blocked import in_the_way
from cloudkit.backends.kubernetes.labels import GENERATION, REVISION
from cloudkit.backends.kubernetes.manifests import manifests
from cloudkit.backends.kubernetes.objects import ControllerRevision, Sealed, Workload
from cloudkit.backends.kubernetes.owners import COLLECTIONS, owner_kind
from cloudkit.backends.kubernetes.plan import Situation, plan_actions
from cloudkit.backends.kubernetes.records import Record, Settings, read_record, revisions, running_revisions
from cloudkit.backends.kubernetes.state import app_state
from cloudkit.errors import UnsupportedError
from cloudkit.model.app import AppSpec
from cloudkit.model.mount import Mount
from cloudkit.model.rollout import Rollout
from cloudkit.model.state import AppPhase

DATA = (Mount(target="/data", source="data"),)


def owner(spec: AppSpec, *, revision: int = 1) -> Any:
    """What makes its pods."""
    return sent(spec, revision=revision)[COLLECTIONS[owner_kind(spec)], spec.name]


def record_of(spec: AppSpec, *, revision: int = 1, **status: int) -> Record:
    """Its record, as an API server gives it back."""
    body = {**owner(spec, revision=revision), "status": status}
    record = read_record(msgspec.convert(body, Workload), ())
    assert record is not None
    return record


def snapshot(spec: AppSpec, revision: int) -> ControllerRevision:
    """The revision that the controller keeps of it."""
    made = owner(spec, revision=revision)
    metadata = {"name": f"{spec.name}-{revision}", "annotations": made["metadata"]["annotations"]}
    owners = [{"kind": made["kind"], "name": spec.name, "controller": True}]
    times = {"creationTimestamp": BEGAN.isoformat(), "ownerReferences": owners}
    data = {"spec": {"template": {**made["spec"]["template"], "$patch": "replace"}}}
    return msgspec.convert({"metadata": metadata | times, "data": data}, ControllerRevision)


@given(owned_specs())
def test_a_spec_of_every_kind_comes_back_from_its_objects(spec: AppSpec) -> None:
    """What makes the pods is the record, of whichever kind it is."""
    objects = manifests(spec, namespace="ns", revision=3, generation=5)

    made = next(one for one in objects if one["kind"] == owner_kind(spec))
    sealed = [msgspec.convert(one, Sealed) for one in objects if one["kind"] == "Secret"]
    configs = [msgspec.convert(one, Settings) for one in objects if one["kind"] == "ConfigMap"]
    record = read_record(msgspec.convert(made, Workload), sealed, configs)
    assert record is not None
    assert (record.spec, record.generation, record.revision) == (spec, 5, 3)
    assert json.loads(json.dumps(objects)) == list(objects)


@given(owned_specs(), owned_specs())
def test_what_makes_no_revision_changes_no_running_pod(spec: AppSpec, other: AppSpec) -> None:
    """Only a stop changes a daemon's template, as nothing else ends its pods."""
    spec = spec.replace(stopped=False)
    variant = spec.replace(rollout=other.rollout, env=dict(list(spec.env.items())[::-1]))
    if spec.kind == "stateful":
        variant = variant.replace(replicas=7, stopped=True)

    assert owner(spec)["spec"]["template"] == owner(variant)["spec"]["template"]


def test_a_stateful_app_is_reached_by_the_name_of_each_replica() -> None:
    """Its Service is headless, also where it has no port."""
    spec = app(kind="stateful", ports=())

    assert owner(spec)["spec"]["serviceName"] == "web"
    assert sent(spec)["services", "web"]["spec"] | {"selector": None} == {
        "type": "ClusterIP", "clusterIP": "None", "ports": [], "selector": None,
    }  # fmt: skip


def test_each_stateful_replica_has_claims_of_its_own() -> None:
    """The cluster makes them, and mounts them by the name of what they are made from."""
    spec = app(kind="stateful", mounts=(*DATA, Mount(target="/tmp/work", kind="tmpfs")))

    templates = owner(spec)["spec"]["volumeClaimTemplates"]
    inside = owner(spec)["spec"]["template"]["spec"]
    assert [one["metadata"]["name"] for one in templates] == ["data"]
    assert [one["name"] for one in inside["containers"][0]["volumeMounts"]] == ["data", "mount-1"]
    assert [one["name"] for one in inside["volumes"]] == ["mount-1"]
    assert not [key for key in sent(spec) if key[0] == "persistentvolumeclaims"]


@pytest.mark.parametrize("name", ["mount-0", "my.data"])
def test_a_volume_that_no_replica_can_have_is_refused(name: str) -> None:
    """Before anything is asked of a cluster."""
    with pytest.raises(UnsupportedError, match="cannot be called"):
        sent(app(kind="stateful", mounts=(Mount(target="/data", source=name),)))


@pytest.mark.parametrize(
    ("rollout", "rolling"),
    [
        (Rollout(), {"maxSurge": 1, "maxUnavailable": 0}),
        (Rollout(max_surge=2, max_unavailable=1), {"maxSurge": 2, "maxUnavailable": 0}),
        (Rollout(max_surge=0, max_unavailable=2), {"maxSurge": 0, "maxUnavailable": 2}),
    ],
)
def test_a_daemon_surges_or_has_gaps_and_never_both(rollout: Rollout, rolling: dict[str, int]) -> None:
    """A DaemonSet takes one of the two alone."""
    assert owner(app(kind="daemon", rollout=rollout))["spec"]["updateStrategy"]["rollingUpdate"] == rolling


def test_a_daemon_is_wanted_on_as_many_nodes_as_its_controller_has_counted() -> None:
    """Until then, and where none admits it, on one."""
    spec = app(kind="daemon")
    pods = (pod("web-a"), pod("web-b"))

    counted = app_state(record_of(spec, desiredNumberScheduled=2), pods)
    nowhere = app_state(record_of(spec, desiredNumberScheduled=0), ())
    stopped = app_state(record_of(spec.replace(stopped=True)), ())

    assert (counted.wanted, counted.phase) == (2, AppPhase.READY)
    assert (nowhere.wanted, nowhere.phase) == (1, AppPhase.PROGRESSING)
    assert (stopped.desired, stopped.phase) == (0, AppPhase.STOPPED)


@pytest.mark.parametrize("kind", ["daemon", "stateful"])
def test_past_revisions_are_read_from_what_the_controller_keeps(kind: str) -> None:
    """Newest first, and none that was given up."""
    spec = app(kind=kind)
    tried, now = spec.replace(env={"A": "1"}), record_of(spec, revision=3)
    kept = [snapshot(spec, 3).kept, snapshot(tried, 2).kept]

    assert [(one.number, one.current) for one in revisions(now, kept)] == [(3, True), (2, False)]
    assert revisions(now, kept)[1].spec == tried
    assert running_revisions(kept, [pod("web-0", 2), pod("web-1", 9)]) == {2}


def test_a_roll_of_a_stateful_app_is_told_by_names() -> None:
    """From the highest down; what is there already is not made again."""
    spec = app(kind="stateful", replicas=2, mounts=DATA)
    claims = {("persistentvolumeclaims", f"data-web-{number}") for number in range(2)}
    there = Situation(
        namespace="ns", record=record_of(spec), newest_revision=1, pods=(pod("web-0"), pod("web-1")),
        present=frozenset(claims),
    )  # fmt: skip

    steps = [str(one) for one in plan_actions(there, spec.replace(env={"A": "1"}))]

    replicas = [one for one in steps if "replica" in one and "web-" in one]
    assert ["web-1" in one for one in replicas] == [True, True, False, False]
    assert not any("data-web" in one for one in steps)


def test_the_volumes_of_a_stateful_app_stay_as_they_were_made() -> None:
    """A StatefulSet cannot take others; the way out says that they are kept."""
    spec = app(kind="stateful", mounts=DATA)
    there = Situation(namespace="ns", record=record_of(spec))

    with pytest.raises(UnsupportedError, match="has the volumes data; a StatefulSet cannot change them") as caught:
        plan_actions(there, spec.replace(mounts=()))

    assert "cloudkit delete web first" in str(caught.value.hint)


def test_an_outdated_pod_that_serves_nobody_is_in_the_way() -> None:
    """The controller waits for it for ever; one that is ready, or of the wanted revision, is left to it."""
    spec = app(kind="stateful", replicas=2)
    broken = pod("web-1", 2, ready=False)

    assert in_the_way(spec, 3, [pod("web-0", 1), broken]) == broken
    assert in_the_way(spec, 2, [pod("web-0", 1), broken]) is None
    assert in_the_way(spec, 2, [pod("web-0", 1), pod("web-1", 1)]) is None


def test_nothing_is_in_the_way_while_a_pod_ends() -> None:
    """What ends makes room by itself."""
    spec = app(kind="stateful", replicas=2)
    ending = pod("web-0", 1, metadata={"deletionTimestamp": BEGAN.isoformat()})

    assert in_the_way(spec, 3, [ending, pod("web-1", 2, ready=False)]) is None


def test_annotations_say_what_is_wanted() -> None:
    """Those that its controller copies."""
    annotations = owner(app(kind="stateful"), revision=4)["metadata"]["annotations"]

    assert (annotations[GENERATION], annotations[REVISION]) == ("4", "4")
