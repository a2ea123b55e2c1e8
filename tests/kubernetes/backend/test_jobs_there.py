"""Jobs on a real cluster: why one cannot begin, what others do to its Job, and two who change one at once."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes import client
from pods.workshop import until

from cloudkit.backends.kubernetes.jobmaking import JobMaking
from cloudkit.cloud import Cloud
from cloudkit.errors import ConflictError, RolloutError
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.log import LogQuery
from cloudkit.model.progress import silent
from cloudkit.model.reference import Reference
from cloudkit.model.resources import Resources
from cloudkit.model.state import AppPhase

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]

DONE, LONG = ("true",), ("sleep", "600")


def refused(cloud: Cloud, spec: AppSpec) -> Cause:
    """Apply a spec that cannot begin, and return why."""
    with pytest.raises(RolloutError, match=f"job '{spec.name}' does not go on: ") as caught:
        cloud.backend.apply(cloud.backend.plan(spec), timeout=120, listener=silent)
    assert caught.value.cause is not None
    return caught.value.cause


def jobs(api: Any, space: str) -> list[Any]:
    """Return all Jobs that are not about to go."""
    found = client.BatchV1Api(api).list_namespaced_job(space).items
    return [one for one in found if one.metadata.deletion_timestamp is None]


@pytest.fixture
def pinned(cloud: Cloud, image: str) -> Reference:
    """The image as nodes pull it."""
    images = cloud.backend.images
    return images.publish(images.find(Reference.parse(image)), listener=silent)


def test_an_image_that_is_missing_ends_the_wait(api: Any, space: str, cloud: Cloud, image: str) -> None:
    """The job stays as it is; the next deployment takes its place."""
    registry = Reference.parse(image)
    missing = Reference.parse(f"{registry.domain}/none@sha256:{'0' * 64}")

    cause = refused(cloud, AppSpec(name="load", image=missing, kind="job"))
    stuck = cloud.app("load").status()
    load = cloud.deploy("load", image, kind="job", command=DONE)

    assert (cause.code, cause.certain) == (CauseCode.IMAGE_MISSING, True)
    assert (stuck.phase, stuck.settled) == (AppPhase.PROGRESSING, False)
    assert (load.status().phase, load.status().revision) == (AppPhase.COMPLETED, 2)
    assert [one.metadata.name for one in jobs(api, space)] == ["load-2"]


def test_what_no_node_has_ends_the_wait(cloud: Cloud, pinned: Reference) -> None:
    """With the words of the scheduler."""
    spec = AppSpec(name="load", image=pinned, kind="job", resources=Resources(cpu="5000", memory="8Mi"))

    cause = refused(cloud, spec)

    assert cause.code is CauseCode.UNSCHEDULABLE


def test_a_quota_ends_the_wait(api: Any, space: str, cloud: Cloud, pinned: Reference) -> None:
    """It is told by an event of the Job itself, as there is no pod to tell of."""
    core = client.CoreV1Api(api)
    core.create_namespaced_resource_quota(space, {"metadata": {"name": "small"}, "spec": {"hard": {"pods": "0"}}})
    until(lambda: core.read_namespaced_resource_quota("small", space).status.hard)

    cause = refused(cloud, AppSpec(name="load", image=pinned, kind="job", command=DONE))

    assert (cause.code, cause.certain) == (CauseCode.QUOTA, True)
    assert "quota 'small' allows pods=0" in cause.summary


def test_a_level_of_security_ends_the_wait_and_a_user_meets_it(
    api: Any, space: str, cloud: Cloud, image: str, pinned: Reference
) -> None:
    """The restricted one, which pods of a numeric user keep to."""
    labels = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
    client.CoreV1Api(api).patch_namespace(space, labels)

    cause = refused(cloud, AppSpec(name="load", image=pinned, kind="job", command=DONE))
    load = cloud.deploy("load", image, kind="job", command=DONE, user="65532")

    assert cause.code is CauseCode.NOT_ALLOWED
    assert load.status().phase is AppPhase.COMPLETED


def test_a_count_outlives_its_pods(api: Any, space: str, cloud: Cloud, image: str) -> None:
    """Whoever removes what has ended makes nothing run again."""
    load = cloud.deploy("load", image, kind="job", command=DONE, completions=2, parallelism=2)
    core = client.CoreV1Api(api)

    core.delete_collection_namespaced_pod(space)
    until(lambda: not core.list_namespaced_pod(space).items)

    state = load.status()
    assert (state.phase, state.counted, state.replicas) == (AppPhase.COMPLETED, "2/2 completed", ())
    assert cloud.backend.plan(state.spec).empty


def test_what_a_hand_has_suspended_goes_on(api: Any, space: str, cloud: Cloud, image: str) -> None:
    """By the same call: the plan says what would be done."""
    load = cloud.deploy("load", image, kind="job", command=("sleep", "5"), wait=False)
    client.BatchV1Api(api).patch_namespaced_job("load-1", space, {"spec": {"suspend": True}})
    until(lambda: not load.status().replicas)
    plan = cloud.backend.plan(load.status().spec)

    cloud.backend.apply(plan, listener=silent)

    assert [str(one) for one in plan.actions] == ["start replica revision 1"]
    assert load.status().phase is AppPhase.COMPLETED


def test_a_job_that_a_hand_removes_is_made_again_by_who_waits(api: Any, space: str, cloud: Cloud, image: str) -> None:
    """As a lost replica is."""
    load = cloud.deploy("load", image, kind="job", command=("sleep", "5"), wait=False)
    plan, removed = cloud.backend.plan(load.status().spec), list[object]()
    batch = client.BatchV1Api(api)

    def remove(_told: object) -> None:
        if not removed:
            removed.append(batch.delete_namespaced_job("load-1", space, propagation_policy="Foreground"))

    cloud.backend.apply(plan, listener=remove)

    assert removed
    assert load.status().phase is AppPhase.COMPLETED


@pytest.mark.parametrize("kind", ["Job", "CronJob"])
def test_what_is_somebody_elses_is_left_alone(api: Any, space: str, cloud: Cloud, image: str, kind: str) -> None:
    """And told before anything changes."""
    batch = client.BatchV1Api(api)
    pod = {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": image, "command": ["true"]}]}}
    if kind == "Job":
        batch.create_namespaced_job(space, {"metadata": {"name": "load-1"}, "spec": {"template": pod}})
    else:
        spec = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": pod}}}
        batch.create_namespaced_cron_job(space, {"metadata": {"name": "load"}, "spec": spec})

    with pytest.raises(ConflictError, match=f"needs the {kind} 'load(-1)?', which is somebody else's"):
        cloud.deploy("load", image, kind="job", command=DONE)

    assert cloud.apps() == ()
    assert [one.kind for one in cloud.workloads()] == [kind.lower()]


@pytest.mark.parametrize("step", ["_create", "_adjust"])
@pytest.mark.parametrize("winner", ["deploy", "stop", "delete"])
def test_who_is_late_runs_nothing_that_nobody_wants(
    api: Any, space: str, cloud: Cloud, image: str, monkeypatch: pytest.MonkeyPatch, step: str, winner: str
) -> None:
    """The winner changes the app after the loser has looked, and before it makes or resumes its Job."""
    late, begun = getattr(JobMaking, step), list[str]()

    def overtaken(making: JobMaking, *arguments: Any) -> Any:
        if not begun:
            begun.append(winner)
            load = cloud.app("load")
            load.deploy(env={"A": "2"}, wait=False) if winner == "deploy" else getattr(load, winner)()
        return late(making, *arguments)

    monkeypatch.setattr(JobMaking, step, overtaken)

    with pytest.raises(ConflictError):
        cloud.deploy("load", image, kind="job", command=LONG)

    wanted = {"deploy": [("load-2", False)], "stop": [("load-1", True)], "delete": []}
    until(lambda: len(jobs(api, space)) <= len(wanted[winner]))
    there = [(one.metadata.name, one.spec.suspend) for one in jobs(api, space)]
    assert there in (wanted[winner], []) if winner == "stop" else there == wanted[winner]
    pods = client.CoreV1Api(api).list_namespaced_pod(space).items
    assert all(one.metadata.labels["batch.kubernetes.io/job-name"] == "load-2" for one in pods)


def test_a_record_that_a_hand_removes_takes_all_with_it(api: Any, space: str, cloud: Cloud, image: str) -> None:
    """And the next app of that name begins anew."""
    cloud.deploy("load", image, kind="job", command=LONG, wait=False)
    client.BatchV1Api(api).delete_namespaced_cron_job("load", space, propagation_policy="Background")

    load = cloud.deploy("load", image, kind="job", command=DONE)

    state = load.status()
    assert (state.phase, state.generation, state.revision, len(state.replicas)) == (AppPhase.COMPLETED, 1, 1, 1)


def test_what_happened_to_a_job_is_told(cloud: Cloud, image: str) -> None:
    """Its pods' beginnings and ends, and what its Job says."""
    load = cloud.deploy("load", image, kind="job", command=DONE)

    told = {(one.app, one.action) for one in load.events()}
    every = {one.app for one in cloud.backend.events(None, LogQuery())}

    assert {("load", "create"), ("load", "start"), ("load", "die"), ("load", "completed")} <= told
    assert every == {"load"}
    (row,) = cloud.workloads()
    assert (row.kind, row.name, row.owner, row.ready, row.wanted) == ("job", "load-1", "cloudkit", 1, 1)
