"""Wait for a task's pod: until it has begun, or cannot; and until it has ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.appcontainer import app_status
from cloudkit.backends.kubernetes.causes import Facts, diagnose
from cloudkit.backends.kubernetes.causes.podfacts import pod_facts
from cloudkit.backends.kubernetes.happening import Happening
from cloudkit.backends.kubernetes.objects import Pod, Terminated
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.errors import AccessError, BackendError, CloudkitError, ConflictError, NotFoundError
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.reference import Reference

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["TaskPod", "kind_of", "task_error"]

LOOK = 0.2
"""Seconds between two looks at a pod."""
CONSIDERED = 1.0
"""Seconds between two looks at why it has not begun."""
PATIENCE = 60.0
"""Seconds that what keeps a task from beginning may last, where it may pass."""
_KINDS: dict[CauseCode, type[CloudkitError]] = {
    CauseCode.IMAGE_MISSING: NotFoundError,
    CauseCode.REGISTRY_REFUSED: AccessError,
    CauseCode.QUOTA: ConflictError,
    CauseCode.NOT_ALLOWED: AccessError,
    CauseCode.CONFIG_MISSING: NotFoundError,
    CauseCode.SECRET_MISSING: NotFoundError,
}


@dataclass(frozen=True, slots=True)
class TaskPod:
    """The one pod of a task's Job.

    Args:
        client: A connection to the API server.
        name: The task's.
        image: What it runs.
    """

    client: Client
    name: str
    image: Reference

    def begun(self) -> Pod:
        """Wait until its container runs or has ended, and return the pod.

        Raises:
            CloudkitError: It cannot begin, and why.
        """
        started, considered, pod = monotonic(), monotonic(), None
        while True:
            pod = self.find() or pod
            status = app_status(pod) if pod is not None else None
            if pod is not None and status is not None and (status.state.running or status.state.terminated):
                return pod
            if monotonic() - considered >= CONSIDERED:
                considered = monotonic()
                self._consider(pod, considered - started)
            sleep(LOOK)

    def ended(self) -> Terminated:
        """Wait until its container has ended, and return how.

        Raises:
            BackendError: The pod has gone before: its node was lost, or somebody removed it.
        """
        while True:
            pod = self.find()
            if pod is None:
                raise BackendError(f"the pod of task {self.name} went away before it ended", hint="run it again")
            status = app_status(pod)
            if status is not None and status.state.terminated is not None:
                return status.state.terminated
            if pod.status.phase == "Failed":
                evidence = [" ".join(filter(None, (pod.status.reason, pod.status.message)))]
                raise BackendError(f"the cluster has ended task {self.name}", evidence=evidence)
            sleep(LOOK)

    def find(self) -> Pod | None:
        """Return the pod as it is now; None before it is made and after it has gone."""
        path = object_path("pods", self.client.namespace)
        found = self.client.list(path, Pod, labels=f"batch.kubernetes.io/job-name={self.name}").items
        return found[0] if found else None

    def _consider(self, pod: Pod | None, waited: float) -> None:
        """Raise when it is certain that it will not begin, or when what keeps it from that lasts too long."""
        if pod is None:
            self._refuse_unmade()
            cause = None
        else:
            spec = AppSpec(name=self.name, image=self.image)
            facts = pod_facts(pod, self._happenings(pod.metadata.uid), now=datetime.now(UTC))
            cause = diagnose(spec, Facts(namespace=self.client.namespace, pods=(facts,)))
        if cause is not None and (cause.certain or waited >= PATIENCE):
            raise task_error(self.name, cause)

    def _happenings(self, uid: str) -> tuple[Happening, ...]:
        path = object_path("events", self.client.namespace)
        return self.client.list(path, Happening, fields=f"involvedObject.uid={uid}").items

    def _refuse_unmade(self) -> None:
        """Raise when the cluster has said why it makes no pod: a quota, or a policy."""
        path = object_path("events", self.client.namespace)
        fields = f"involvedObject.name={self.name},involvedObject.kind=Job,reason=FailedCreate"
        for one in self.client.list(path, Happening, fields=fields).items:
            kind = ConflictError if "quota" in one.message else AccessError
            hint = f"kubectl describe quota -n {self.client.namespace}" if kind is ConflictError else ""
            raise kind(f"the cluster makes no pod for task {self.name}", evidence=[one.message[:1000]], hint=hint)


def task_error(name: str, cause: Cause) -> CloudkitError:
    """Return the error for a task that cannot begin."""
    return kind_of(cause)(f"task {name} cannot begin: {cause.summary}", evidence=cause.evidence, hint=cause.fix)


def kind_of(cause: Cause) -> type[CloudkitError]:
    """Return the kind of error that a cause is, where a pod is not the replica of an app."""
    return _KINDS.get(cause.code, BackendError)
