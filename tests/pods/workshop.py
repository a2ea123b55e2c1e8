"""Pods of a test's own on a real cluster, made as an app's would be."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cloudkit.backends.kubernetes.client import Client
from cloudkit.backends.kubernetes.labels import CONTAINER, Component, identity
from cloudkit.backends.kubernetes.objects import Pod
from cloudkit.backends.kubernetes.operations.pod_log import app_status
from cloudkit.backends.kubernetes.paths import object_path

__all__ = ["Workshop", "until"]

T = TypeVar("T")

LETTERS = "bcdfghjklm"
"""Ten of those that a cluster's controllers end names with."""


def until(look: Callable[[], T | None], limit: float = 90) -> T:
    """Return what a look finds, once it finds anything."""
    end = time.monotonic() + limit
    while not (found := look()):
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.2)
    return found


@dataclass
class Workshop:
    """Makes pods that carry an app's labels, in a namespace of the test's own.

    Args:
        client: The API server.
        images: Images that the nodes can pull, by what is in them: ``shell``, ``bare``, ``broken``.
    """

    client: Client
    images: dict[str, str]
    pods: list[str] = field(default_factory=list)

    def start(self, script: str, *, app: str = "web", image: str = "shell", wait: bool = True, **options: Any) -> str:
        """Run a shell script in a pod and return its name once it runs; without ``wait``, at once."""
        command = ["sh", "-c", script] if script else ["/usr/bin/sleep", "600"]
        return self.make(command, app=app, image=image, wait=wait, **options)

    def make(self, command: list[str], *, app: str, image: str, wait: bool, **options: Any) -> str:
        """Make a pod of a ReplicaSet that there might be."""
        suffix = "".join(LETTERS[int(digit)] for digit in f"{len(self.pods):05}")
        name = f"{app}-7d9f8b6c5-{suffix}"
        body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": identity(Component.REPLICA, app)},
            "spec": pod_spec(self.images[image], command, **options),
        }
        self.client.create(self.path(), body)
        self.pods.append(name)
        if wait:
            until(lambda: self.runs(name))
        return name

    def deploy(self, script: str, *, app: str = "web", replicas: int = 2, **options: Any) -> None:
        """Make a Deployment of a shell script."""
        labels = identity(Component.REPLICA, app)
        spec = {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": pod_spec(self.images["shell"], ["sh", "-c", script], **options),
            },
        }
        body = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": app, "labels": labels},
            "spec": spec,
        }
        self.client.create(object_path("deployments", self.client.namespace), body)

    def path(self, name: str = "") -> str:
        """Return where a pod is, or all."""
        return object_path("pods", self.client.namespace, name)

    def runs(self, name: str) -> bool:
        """Tell whether a pod's container runs."""
        status = app_status(self.client.get(self.path(name), Pod))
        return status is not None and status.state.running is not None

    def restarts(self, name: str) -> int:
        """Return how often a pod's container was started again."""
        status = app_status(self.client.get(self.path(name), Pod))
        return status.restart_count if status is not None else 0


def pod_spec(image: str, command: list[str], *, restart: str = "Always", **container: Any) -> dict[str, Any]:
    """Return the smallest pod of a command."""
    program = {"name": CONTAINER, "image": image, "imagePullPolicy": "IfNotPresent", "command": command}
    grace = {"terminationGracePeriodSeconds": 2, "automountServiceAccountToken": False}
    return {**grace, "restartPolicy": restart, "containers": [program | container]}
