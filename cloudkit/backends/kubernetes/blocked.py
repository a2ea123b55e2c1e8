"""Help a StatefulSet's controller on that waits for a pod of an older revision to become ready, which it never will.

It replaces no pod while one is not ready, not even the one that is not, whatever it is made from: a revision that fails
stays where it is after another one is wanted, until somebody deletes its pod.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudkit.backends.kinds import ordinal_in
from cloudkit.backends.kubernetes.finding import find_kind
from cloudkit.backends.kubernetes.labels import app_selector
from cloudkit.backends.kubernetes.objects import Pod
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.state import pod_revision, replica_phase
from cloudkit.backends.ordered import Standing, next_act
from cloudkit.model.state import ReplicaPhase

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.model.app import AppSpec

__all__ = ["Blocked", "in_the_way", "standing"]

PATIENCE = 5.0  # seconds for the controller to see what is wanted
LOOK = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """Removes what stands in the way of one revision.

    Args:
        client: A connection to the API server.
        spec: What is wanted.
        revision: Its revision.
    """

    client: Client
    spec: AppSpec
    revision: int

    def release(self, pods: Sequence[Pod]) -> None:
        """Delete the pod that the controller waits for in vain, if there is one; it must have seen what is wanted."""
        pod = in_the_way(self.spec, self.revision, pods)
        if pod is not None:
            path = object_path("pods", self.client.namespace, pod.metadata.name)
            self.client.delete(path, uid=pod.metadata.uid)

    def release_once(self) -> None:
        """Do so for a caller who does not wait for the roll."""
        pods = object_path("pods", self.client.namespace)
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            there = self.client.list(pods, Pod, labels=app_selector(self.spec.name)).items
            if in_the_way(self.spec, self.revision, there) is None:
                return
            owner = find_kind(self.client, self.spec.name, "StatefulSet")
            if owner is not None and owner.status.observed_generation >= owner.metadata.generation:
                self.release(there)
                return
            time.sleep(LOOK)


def in_the_way(spec: AppSpec, revision: int, pods: Sequence[Pod]) -> Pod | None:
    """Return the pod of an older revision that serves nobody and that all others wait for; None where there is none.

    Args:
        spec: What is wanted.
        revision: Its revision.
        pods: The app's pods.
    """
    if any(one.metadata.deletion_timestamp is not None for one in pods):
        return None
    act = next_act(0 if spec.stopped else spec.replicas, revision, [standing(spec.name, one) for one in pods])
    found = next((one for one in pods if one.metadata.uid == act.id), None) if act.kind == "retire" else None
    if found is None or pod_revision(found) == revision or standing(spec.name, found).stands:
        return None
    return found


def standing(app: str, pod: Pod) -> Standing:
    """Return a pod as the next step of a stateful app sees it."""
    return Standing(
        id=pod.metadata.uid,
        ordinal=ordinal_in(app, pod.metadata.name),
        revision=pod_revision(pod),
        alive=True,
        ready=replica_phase(pod) is ReplicaPhase.READY,
    )
