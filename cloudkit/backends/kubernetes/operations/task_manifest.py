"""A task as a Job that is tried once; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudkit.backends.kubernetes.labels import CONTAINER, Component, identity
from cloudkit.backends.kubernetes.login import Login, key_of_registry
from cloudkit.backends.kubernetes.manifests.claims import claim, made_as
from cloudkit.backends.kubernetes.manifests.container import container_resources, program
from cloudkit.backends.kubernetes.manifests.files import (
    check_size,
    config_object,
    file_key,
    file_mounts,
    file_volumes,
)
from cloudkit.backends.kubernetes.manifests.heading import heading
from cloudkit.backends.kubernetes.manifests.pulling import pull_object
from cloudkit.backends.kubernetes.manifests.security import container_security, pod_security
from cloudkit.backends.kubernetes.manifests.variables import secret_object, variables
from cloudkit.backends.kubernetes.manifests.volumes import pod_volumes, volume_mounts
from cloudkit.model.secret import Secret
from cloudkit.model.task import TaskSpec

__all__ = ["task_claims", "task_config", "task_job", "task_pull", "task_secret"]

KEPT = 300
"""Seconds after which the cluster removes an ended task whose caller has died."""


def task_job(task: TaskSpec, *, name: str, namespace: str) -> dict[str, Any]:
    """Return the Job of a task. It removes itself, should its caller die.

    Raises:
        UnsupportedError: Kubernetes cannot do something of the task; the hint names the way out.
    """
    labels = identity(Component.TASK, name)
    body = heading("batch/v1", "Job", {"name": name, "namespace": namespace, "labels": labels})
    return body | {
        "spec": {
            "backoffLimit": 0,
            "ttlSecondsAfterFinished": KEPT,
            "template": {"metadata": {"labels": labels}, "spec": _pod(task, name)},
        }
    }


def _pod(task: TaskSpec, name: str) -> dict[str, Any]:
    pod: dict[str, Any] = {
        "restartPolicy": "Never",
        "containers": [_container(task, name)],
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security(task.user, task.mounts, secrets=bool(task.secrets)),
        "terminationGracePeriodSeconds": 1,
    }
    volumes = [*pod_volumes(task.mounts), *file_volumes(task, config=name, secret=name)]
    return pod | ({"volumes": volumes} if volumes else {})


def _container(task: TaskSpec, name: str) -> dict[str, Any]:
    optional: dict[str, Any] = {
        "env": variables(task.env, name),
        "volumeMounts": [*volume_mounts(task.mounts), *file_mounts(task)],
        "resources": container_resources(task.resources),
        "workingDir": task.workdir,
        "stdin": task.stdin is not None,
        "stdinOnce": task.stdin is not None,
    }
    return {
        "name": CONTAINER,
        "image": str(task.image),
        "imagePullPolicy": "IfNotPresent",
        **program(task.entrypoint, task.command or None),
        **{field: part for field, part in optional.items() if part},
        "securityContext": container_security(task.user),
    }


def task_secret(task: TaskSpec, *, name: str, namespace: str) -> dict[str, Any] | None:
    """Return the Secret with a task's secret variables and files, under the task's name; None where it has none."""
    values = {key: value for key, value in task.env.items() if isinstance(value, Secret)}
    values |= {file_key(path): value for path, value in task.secrets.items()}
    check_size("a task", "secrets", {key: value.reveal() for key, value in values.items()})
    labels = identity(Component.TASK, name)
    return secret_object(name, values, namespace=namespace, labels=labels) if values else None


def task_config(task: TaskSpec, *, name: str, namespace: str) -> dict[str, Any] | None:
    """Return the ConfigMap with a task's files of configuration, under the task's name; None where it has none."""
    labels = identity(Component.TASK, name)
    return config_object(name, task.config, owner="a task", namespace=namespace, labels=labels) if task.config else None


def task_pull(task: TaskSpec, *, name: str, namespace: str, who: Login) -> dict[str, Any] | None:
    """Return the Secret that a task's image is pulled by; None where docker knows nobody at its registry."""
    if who.entry is None:
        return None
    entries = {key_of_registry(task.image.domain): who.entry}
    return pull_object(name, entries, namespace=namespace, labels=identity(Component.TASK, name))


def task_claims(task: TaskSpec, *, namespace: str) -> Iterator[dict[str, Any]]:
    """Yield the claim of each volume that a task mounts."""
    for name, mount in made_as(task.mounts).items():
        yield claim(name, namespace=namespace, made=mount)
