"""What stands beside the apps of a namespace, under names however alike, and belongs to somebody else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["bystanders"]

ALIKE = {"app.kubernetes.io/name": "web", "app.kubernetes.io/instance": "web"}
OURS = {**ALIKE, "app.kubernetes.io/managed-by": "cloudkit", "app.kubernetes.io/component": "replica"}


@contextmanager
def bystanders(core: Any, apps: Any, namespace: str, image: str) -> Iterator[Callable[[], object]]:
    """Run a Deployment beside the apps with no label of ours, and one with all of them in another namespace.

    Args:
        core: The Kubernetes project's own client of the core group.
        apps: That of the group ``apps``.
        namespace: The apps' namespace.
        image: What they run.
    """
    other = f"{namespace}-beside"
    core.create_namespace({"metadata": {"name": other}})
    places = ((namespace, "web-1", ALIKE), (other, "web", OURS))
    try:
        for space, name, labels in places:
            _create(core, apps, space, name, labels, image)
        for space, name, _labels in places:
            _wait(apps, space, name)
        yield lambda: [_look(core, apps, space, name) for space, name, _labels in places]
    finally:
        core.delete_namespace(other)  # the apps' own goes with its test


def _create(core: Any, apps: Any, space: str, name: str, labels: dict[str, str], image: str) -> None:
    meta = {"name": name, "labels": labels}
    selector = {"stands": "beside"}
    template = {
        "metadata": {"labels": {**labels, **selector}},
        "spec": {"containers": [{"name": "app", "image": image}], "terminationGracePeriodSeconds": 1},
    }
    apps.create_namespaced_deployment(
        space, {"metadata": meta, "spec": {"selector": {"matchLabels": selector}, "template": template}}
    )
    core.create_namespaced_service(space, {"metadata": meta, "spec": {"selector": selector, "ports": [{"port": 8080}]}})
    core.create_namespaced_config_map(space, {"metadata": meta, "data": {"kept": "yes"}})
    core.create_namespaced_secret(space, {"metadata": {**meta, "name": f"{name}-env-1"}, "stringData": {"A": "b"}})


def _wait(apps: Any, space: str, name: str) -> None:
    for _ in range(300):
        if apps.read_namespaced_deployment(name, space).status.ready_replicas:
            return
        time.sleep(0.2)
    raise AssertionError(f"{name} did not become ready beside the apps")


def _look(core: Any, apps: Any, space: str, name: str) -> object:
    pods = core.list_namespaced_pod(space, label_selector="stands=beside").items
    alive = sorted((pod.metadata.uid, sum(one.restart_count for one in pod.status.container_statuses)) for pod in pods)
    still = (
        apps.read_namespaced_deployment(name, space),
        core.read_namespaced_service(name, space),
        core.read_namespaced_config_map(name, space),
        core.read_namespaced_secret(f"{name}-env-1", space),
    )
    return alive, [(one.metadata.uid, one.metadata.resource_version) for one in still]
