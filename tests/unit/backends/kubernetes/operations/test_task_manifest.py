"""A task is a Job that is tried once, with no secret in it."""

from __future__ import annotations

import json

import pytest

from cloudkit.backends.kubernetes.operations.task_manifest import task_claims, task_config, task_job, task_secret
from cloudkit.errors import UnsupportedError
from cloudkit.model.mount import Mount
from cloudkit.model.reference import Reference
from cloudkit.model.secret import Secret
from cloudkit.model.task import TaskSpec

IMAGE = Reference.parse("registry.example/tool:1")


def pod_of(task: TaskSpec) -> dict[str, object]:
    """Return the pod of a task."""
    job = task_job(task, name="task-1", namespace="shop")
    found: dict[str, object] = job["spec"]["template"]["spec"]
    return found


def test_a_task_is_tried_once_and_removed_by_the_cluster_where_its_caller_died() -> None:
    """Whatever its exit code."""
    job = task_job(TaskSpec(image=IMAGE), name="task-1", namespace="shop")

    assert (job["spec"]["backoffLimit"], job["spec"]["ttlSecondsAfterFinished"]) == (0, 300)
    assert pod_of(TaskSpec(image=IMAGE))["restartPolicy"] == "Never"


def test_a_secret_stands_in_its_secret_alone() -> None:
    """The Job names it."""
    task = TaskSpec(image=IMAGE, env={"TOKEN": Secret("hunter2"), "COLOUR": "blue"})

    job, secret = (
        json.dumps(task_job(task, name="task-1", namespace="shop")),
        task_secret(task, name="task-1", namespace="shop"),
    )

    assert "hunter2" not in job
    assert "aHVudGVyMg==" not in job
    assert secret is not None
    assert secret["data"] == {"TOKEN": "aHVudGVyMg=="}
    assert secret["metadata"]["name"] == "task-1"
    assert task_secret(TaskSpec(image=IMAGE), name="task-1", namespace="shop") is None


def test_files_stand_in_objects_of_the_tasks_name() -> None:
    """Secret ones in its Secret, those of configuration in its ConfigMap; the Job only names them."""
    task = TaskSpec(image=IMAGE, config={"/etc/a.toml": "a = 1"}, secrets={"/run/secrets/token": Secret("hunter2")})

    pod, config = pod_of(task), task_config(task, name="task-1", namespace="shop")
    secret = task_secret(task, name="task-1", namespace="shop")

    assert config is not None
    assert secret is not None
    assert list(config["data"].values()) == ["a = 1"]
    assert list(secret["data"].values()) == ["aHVudGVyMg=="]
    mounts = [(one["name"], one["mountPath"]) for one in pod["containers"][0]["volumeMounts"]]  # type: ignore[index]  # a list
    assert mounts == [("config", "/etc/a.toml"), ("secrets", "/run/secrets/token")]
    assert "hunter2" not in json.dumps([pod, config])
    assert task_config(TaskSpec(image=IMAGE), name="task-1", namespace="shop") is None


def test_volumes_are_claimed_once() -> None:
    """However often a task mounts them."""
    first = Mount(target="/a", source="data", size="2Gi")
    mounts = (first, Mount(target="/b", source="data"), Mount(target="/c", kind="tmpfs"))
    task = TaskSpec(image=IMAGE, mounts=mounts)

    claims = list(task_claims(task, namespace="shop"))

    assert [one["metadata"]["name"] for one in claims] == ["data"]
    assert claims[0]["spec"]["resources"]["requests"] == {"storage": "2Gi"}
    assert len(pod_of(task)["volumes"]) == 2  # type: ignore[arg-type]  # a list


def test_what_a_cluster_cannot_do_is_refused_before_anything_is_made() -> None:
    """A user by name."""
    with pytest.raises(UnsupportedError, match="number"):
        pod_of(TaskSpec(image=IMAGE, user="nobody"))
