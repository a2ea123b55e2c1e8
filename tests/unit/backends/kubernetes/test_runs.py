"""What a job and a cron are on a cluster, and what is read back of their runs."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from unit.backends.kubernetes.served import BEGAN, pod
from unit.backends.kubernetes.supported import ending_specs
from unit.backends.kubernetes.test_manifests import app

from cloudkit.backends.kubernetes.history import kept_revision, revision_object
from cloudkit.backends.kubernetes.jobobjects import CronJob, Job
from cloudkit.backends.kubernetes.labels import GENERATION
from cloudkit.backends.kubernetes.manifests import manifests
from cloudkit.backends.kubernetes.manifests.cron import cron_fields
from cloudkit.backends.kubernetes.manifests.pulling import pulled
from cloudkit.backends.kubernetes.manifests.run import job_run, manual_run
from cloudkit.backends.kubernetes.objects import Metadata, Pod, Sealed
from cloudkit.backends.kubernetes.plan import Situation, plan_actions
from cloudkit.backends.kubernetes.records import Record, Settings, read_record, revisions
from cloudkit.backends.kubernetes.runs import counted_job, ended_state, fits, is_run_as_wanted, run_of_job, run_spec
from cloudkit.model.app import AppSpec
from cloudkit.model.job import Job as Wanted
from cloudkit.model.job import Schedule
from cloudkit.model.run import Outcome
from cloudkit.model.state import AppPhase, ReplicaPhase

COMPLETE = [{"type": "Complete", "status": "True"}]
FAILED = [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]
LATE = [{"type": "Failed", "status": "True", "reason": "DeadlineExceeded"}]


def made(spec: AppSpec, *, revision: int = 1, generation: int = 1, pull: str = "") -> dict[str, Any]:
    """The CronJob of a spec, as an API server gives it back."""
    objects = manifests(spec, namespace="ns", revision=revision, generation=generation, pull=pull)
    found: dict[str, Any] = json.loads(json.dumps(next(one for one in objects if one["kind"] == "CronJob")))
    found["metadata"] |= {"uid": f"uid-{spec.name}", "creationTimestamp": BEGAN.isoformat()}
    return found


def record_of(spec: AppSpec, *, revision: int = 1, generation: int = 1) -> Record:
    """What is read of it."""
    owner = msgspec.convert(made(spec, revision=revision, generation=generation), CronJob).owner
    record = read_record(owner, ())
    assert record is not None
    return record


def job_of(
    spec: AppSpec, *, revision: int = 1, generation: int = 1, suspend: bool = False, later: int = 0, **status: Any
) -> Job:
    """The Job of a job's revision, some seconds after its record."""
    body = job_run(made(spec, revision=revision), revision, generation)
    body["metadata"] |= {
        "uid": f"job-{revision}",
        "creationTimestamp": (BEGAN + timedelta(seconds=later)).isoformat(),
    }
    body["spec"]["suspend"] = suspend
    return msgspec.convert({**body, "status": status}, Job)


def pod_of(job: Job, name: str, phase: str) -> Pod:
    """One of its pods, in that phase."""
    owners = [{"kind": "Job", "name": job.metadata.name, "uid": job.metadata.uid, "controller": True}]
    made = pod(name, metadata={"ownerReferences": owners}, status={"phase": phase})
    return msgspec.structs.replace(made, spec=msgspec.structs.replace(made.spec, restart_policy="Never"))


@given(ending_specs())
def test_work_that_ends_comes_back_from_its_cron_job(spec: AppSpec) -> None:
    """What runs are made from is the record, whether they are due or not."""
    objects = manifests(spec, namespace="ns", revision=3, generation=5)

    sealed = [msgspec.convert(one, Sealed) for one in objects if one["kind"] == "Secret"]
    configs = [msgspec.convert(one, Settings) for one in objects if one["kind"] == "ConfigMap"]
    owner = msgspec.convert(made(spec, revision=3, generation=5), CronJob).owner
    record = read_record(owner, sealed, configs)
    assert record is not None
    assert (record.spec, record.generation, record.revision) == (spec, 5, 3)


@given(ending_specs())
def test_a_run_is_made_from_the_cron_job(spec: AppSpec) -> None:
    """With its labels and its pods; a job's waits until it is wanted for certain, one by hand is the CronJob's."""
    record = made(spec)

    job, by_hand = job_run(record, 1, 4), manual_run(record, "m5")

    assert job["spec"] == {**record["spec"]["jobTemplate"]["spec"], "suspend": True}
    assert by_hand["spec"] == record["spec"]["jobTemplate"]["spec"]
    assert job["metadata"]["labels"] == by_hand["metadata"]["labels"] == record["metadata"]["labels"]
    assert [one["metadata"]["ownerReferences"][0]["controller"] for one in (job, by_hand)] == [False, True]
    assert by_hand["metadata"]["annotations"]["cronjob.kubernetes.io/instantiate"] == "manual"


def test_a_job_is_never_due() -> None:
    """Its CronJob is suspended, stopped or not."""
    spec = made(app(kind="job", ports=(), readiness=None))["spec"]

    assert (spec["suspend"], spec["schedule"]) == (True, "0 0 30 2 *")


def test_a_schedule_is_told_in_a_clusters_words() -> None:
    """With what becomes of a run that is missed, or still under way, and how many stay."""
    schedule = Schedule(cron="0 3 * * 7", timezone="Europe/Berlin", concurrency="replace")
    spec = made(cron(schedule=schedule))["spec"]

    spec.pop("jobTemplate")
    assert spec == {
        "schedule": "0 3 * * 0",
        "timeZone": "Europe/Berlin",
        "suspend": False,
        "concurrencyPolicy": "Replace",
        "startingDeadlineSeconds": 100,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
    }


@pytest.mark.parametrize(
    ("cron", "fields"),
    [
        ("0 0 * * 7", "0 0 * * 0"),
        ("0 0 * * 5-7", "0 0 * * 5,6,0"),
        ("0 0 * * 1-7/2", "0 0 * * 1,3,5,0"),
        ("0 0 * * mon-7", "0 0 * * 1,2,3,4,5,6,0"),
        ("0 0 7 7 1,2", "0 0 7 7 1,2"),
        ("0 0 * * */7", "0 0 * * */7"),
        ("@weekly", "@weekly"),
    ],
)
def test_sunday_is_the_day_before_the_first(cron: str, fields: str) -> None:
    """As a cluster's week has no seventh day."""
    assert cron_fields(cron) == fields


def test_a_past_revision_is_read_from_its_config_map() -> None:
    """With the registry that it is pulled from."""
    old, new = job_spec(env={"A": "1"}), job_spec(env={"A": "2"})
    body = revision_object(pulled_record(old))
    kept = kept_revision("load", msgspec.convert(body["metadata"] | {"creationTimestamp": BEGAN}, Metadata))

    assert kept is not None
    assert kept.spec.template.metadata.annotations["cloudkit/pull"] == "registry.example"
    found = revisions(record_of(new, revision=2, generation=2), [kept])
    assert [(one.number, one.spec.env, one.current) for one in found] == [
        (2, {"A": "2"}, True),
        (1, {"A": "1"}, False),
    ]
    assert kept_revision("load", Metadata(name="load-config-1")) is None


@pytest.mark.parametrize(
    ("status", "outcome", "failed"),
    [
        ({}, Outcome.RUNNING, 0),
        ({"failed": 2}, Outcome.RUNNING, 2),
        ({"succeeded": 2, "conditions": COMPLETE}, Outcome.SUCCEEDED, 0),
        ({"failed": 4, "conditions": FAILED}, Outcome.FAILED, 4),
        ({"failed": 9, "conditions": LATE}, Outcome.FAILED, 3),
    ],
)
def test_a_run_is_what_its_job_has_counted(status: dict[str, Any], outcome: Outcome, failed: int) -> None:
    """Whether or not its pods are there; those that a time limit has ended did not fail."""
    run = run_of_job(job_of(job_spec(), **status))

    assert (run.outcome, run.failed, run.retries) == (outcome, failed, 3)
    assert run.completed == status.get("succeeded", 0)


def test_a_run_of_an_older_revision_keeps_its_own_words() -> None:
    """How often it is tried is what it was made with."""
    job = job_of(job_spec(job=Wanted(retries=0, completions=5, time_limit=9)))

    assert run_spec(job_spec(stopped=True), job).job == Wanted(retries=0, completions=5, time_limit=9)
    assert not run_spec(job_spec(stopped=True), job).stopped


def test_a_jobs_state_is_its_runs() -> None:
    """What has completed and what has crashed are its replicas."""
    spec = job_spec()
    job = job_of(spec, succeeded=2, failed=1, conditions=COMPLETE)
    pods = [pod_of(job, "load-1-a", "Succeeded"), pod_of(job, "load-1-b", "Failed")]

    state = ended_state(record_of(spec), pods, [job])

    assert (state.phase, state.counted, state.settled) == (AppPhase.COMPLETED, "2/2 completed", True)
    assert [one.phase for one in state.replicas] == [ReplicaPhase.COMPLETED, ReplicaPhase.CRASHED]


def test_a_job_whose_run_is_not_made_yet_goes_on() -> None:
    """As when its writer was interrupted."""
    state = ended_state(record_of(job_spec()), [], [])

    assert (state.phase, state.counted, state.settled) == (AppPhase.PROGRESSING, "0/2 completed", False)


def test_a_cron_is_judged_by_its_last_run() -> None:
    """It runs nothing by itself, and says when it is next due."""
    spec = cron()
    first = job_of(spec, revision=1, succeeded=1, conditions=COMPLETE)
    second = job_of(spec, revision=2, later=60, failed=4, conditions=FAILED)

    state = ended_state(record_of(spec), [], [second, first])

    assert (state.phase, state.desired, state.settled) == (AppPhase.DEGRADED, 0, True)
    assert state.next_run is not None
    assert ended_state(record_of(spec), [], []).phase is AppPhase.READY


@pytest.mark.parametrize(
    ("change", "same"),
    [({}, True), ({"generation": 1}, False), ({"suspend": True}, False), ({"conditions": COMPLETE}, True)],
)
def test_a_run_is_as_one_generation_wants_it(change: dict[str, Any], *, same: bool) -> None:
    """Once it carries that, so that nobody who came before writes on it any more."""
    job = job_of(job_spec(), **{"generation": 2, **change})

    assert fits(job, job_spec(), 2) is same


def test_nothing_is_left_to_do_for_a_job_that_has_ended() -> None:
    """Unless a run of another revision is left."""
    spec, pods = job_spec(), list[Pod]()
    job = job_of(spec, succeeded=2, conditions=COMPLETE)
    other = job_of(spec, revision=7, succeeded=2, conditions=COMPLETE)
    record = record_of(spec)

    assert is_run_as_wanted(record, pods, [job])
    assert not is_run_as_wanted(record, pods, [job, other])
    assert not is_run_as_wanted(record, pods, [])
    assert is_run_as_wanted(record_of(job_spec(stopped=True)), pods, [])


def test_a_run_that_leaves_does_not_count() -> None:
    """Another takes its place."""
    job = job_of(job_spec())
    leaving = msgspec.structs.replace(job, metadata=msgspec.structs.replace(job.metadata, deletion_timestamp=BEGAN))

    assert counted_job(record_of(job_spec()), [leaving]) is None


@pytest.mark.parametrize(
    ("wanted", "status", "steps"),
    [
        ({}, {"succeeded": 2, "conditions": COMPLETE}, []),
        ({}, {"active": 1, "succeeded": 1}, []),
        (
            {},
            {"failed": 4, "conditions": FAILED},
            [
                "remove job load-1",
                "remove replica load-1-a",
                "create job load-1",
                "start replica revision 1",
                "start replica revision 1",
            ],
        ),
        (
            {"env": {"A": "2"}},
            {"active": 1},
            [
                "record revision 2 generation 2",
                "update cronjob load",
                "remove job load-1",
                "remove replica load-1-a",
                "create job load-2",
                "start replica revision 2",
                "start replica revision 2",
            ],
        ),
        (
            {"stopped": True},
            {"active": 1},
            ["record revision 1 generation 2", "update cronjob load", "remove replica load-1-a"],
        ),
    ],
)
def test_the_steps_of_a_job(wanted: dict[str, Any], status: dict[str, Any], steps: list[str]) -> None:
    """What the cluster does by itself is none of them."""
    spec = job_spec()
    job = job_of(spec, **status)
    ended = {"conditions"} & status.keys()
    pods = (pod_of(job, "load-1-a", "Failed" if ended else "Running"),)
    situation = Situation(namespace="ns", record=record_of(spec), newest_revision=1, pods=pods, jobs=(job,))

    assert [str(one) for one in plan_actions(situation, spec.replace(**wanted))] == steps


def test_a_first_job_is_planned() -> None:
    """With what it is made from."""
    steps = [str(one) for one in plan_actions(Situation(namespace="ns", record=None), job_spec())]

    assert steps == [
        "record revision 1 generation 1",
        "create cronjob load never due: its job is made from it",
        "create job load-1",
        "start replica revision 1",
        "start replica revision 1",
    ]


def job_spec(**words: Any) -> AppSpec:
    """A job of two completions."""
    return app(name="load", kind="job", ports=(), readiness=None, **{"job": Wanted(completions=2), **words})


def cron(**words: Any) -> AppSpec:
    """A cron of every night."""
    return app(name="load", kind="cron", ports=(), readiness=None, **{"schedule": Schedule(cron="@daily"), **words})


def pulled_record(spec: AppSpec) -> dict[str, Any]:
    """The CronJob of a job that is pulled by a secret."""
    body = pulled(made(spec), "registry.example")
    assert body["spec"]["jobTemplate"]["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "load-pull"}]
    assert body["metadata"]["annotations"][GENERATION] == "1"
    return body
