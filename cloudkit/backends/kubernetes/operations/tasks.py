"""Run a task: a command in a pod of its own, which is gone when it has ended."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from cloudkit.backends.commands.deadline import deadline
from cloudkit.backends.commands.lines import tell_lines
from cloudkit.backends.commands.output import KEPT, Tail
from cloudkit.backends.commands.starting import start_failure
from cloudkit.backends.kubernetes.appcontainer import app_status
from cloudkit.backends.kubernetes.labels import CONTAINER
from cloudkit.backends.kubernetes.login import login
from cloudkit.backends.kubernetes.manifests import key_of
from cloudkit.backends.kubernetes.manifests.pulling import pulled
from cloudkit.backends.kubernetes.objects import Pod
from cloudkit.backends.kubernetes.operations.channels import Conversation
from cloudkit.backends.kubernetes.operations.loglines import records
from cloudkit.backends.kubernetes.operations.pod_log import GRAIN, is_missing, open_log, target_of
from cloudkit.backends.kubernetes.operations.task_manifest import (
    task_claims,
    task_config,
    task_job,
    task_pull,
    task_secret,
)
from cloudkit.backends.kubernetes.operations.task_pod import TaskPod
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.replicalogs.position import Position
from cloudkit.backends.replicalogs.stamped import Stamped
from cloudkit.backends.replicalogs.stamps import moment
from cloudkit.errors import BackendError, CloudkitError, ConflictError
from cloudkit.model.log import LogLine, LogQuery
from cloudkit.model.progress import Listener, Phase, Progress
from cloudkit.model.task import TaskResult, TaskSpec

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["run_task"]

AGAIN = 0.2
"""Seconds before a log that ended too early is read on."""


def run_task(client: Client, task: TaskSpec, *, listener: Listener) -> TaskResult:
    """Run a task to its end and remove it; also when the caller is interrupted.

    A task that takes longer than its ``timeout`` is killed: exit code 137. A command that cannot be started is exit
    code 127 or 126, as in a shell, with the runtime's words as output. What it prints goes line by line to the
    listener; a last line without its end gets one, as a node's log has whole lines alone.

    Raises:
        NotFoundError: The image is not at its registry.
        AccessError: Its registry, the credentials or a policy do not allow it.
        UnsupportedError: Kubernetes cannot do something of the task.
        BackendError: The task cannot begin, and why; or the cluster failed or does not answer.
    """
    begun, name, output = monotonic(), f"task-{secrets.token_hex(4)}", Tail()
    with _made(client, task, name):
        run = _Run(client=client, task=task, name=name, listener=listener, output=output)
        code = run.to_end()
    listener(Progress(phase=Phase.NOTICE, item=name, message=f"exit code {code}", done=True))
    return TaskResult(
        command=task.command,
        exit_code=code,
        output=output.text,
        truncated=output.truncated,
        duration=monotonic() - begun,
    )


@contextmanager
def _made(client: Client, task: TaskSpec, name: str) -> Iterator[None]:
    """Make a task's objects, and remove them but for its volumes, whatever happens."""
    space = client.namespace
    pull = task_pull(task, name=name, namespace=space, who=login(task.image.domain))
    job = pulled(task_job(task, name=name, namespace=space), task.image.domain if pull else "")
    given = (task_config(task, name=name, namespace=space), task_secret(task, name=name, namespace=space), pull)
    read = [one for one in given if one is not None]
    for claim in task_claims(task, namespace=space):
        with suppress(ConflictError):  # it is there already
            client.create(object_path("persistentvolumeclaims", space), claim)
    try:
        for one in read:
            client.create(object_path(key_of(one)[0], space), one)
        made = client.create(object_path("jobs", space), job)
        for one in read:
            path = object_path(key_of(one)[0], space, one["metadata"]["name"])
            client.patch(path, {"metadata": {"ownerReferences": [_owner(made)]}})
        yield
    finally:
        _remove(client, name, read=map(key_of, read))


def _owner(job: dict[str, Any]) -> dict[str, str]:
    """Return what lets the cluster remove an object with its Job, should the caller die."""
    return {"apiVersion": "batch/v1", "kind": "Job", "name": job["metadata"]["name"], "uid": job["metadata"]["uid"]}


def _remove(client: Client, name: str, *, read: Iterable[tuple[str, str]]) -> None:
    """Remove a task's objects; one that still runs is killed."""
    client.delete(object_path("jobs", client.namespace, name))
    for pod in client.list(object_path("pods", client.namespace), Pod, labels=_labels(name)).items:
        status = app_status(pod)
        running = status is not None and status.state.running is not None
        client.delete(object_path("pods", client.namespace, pod.metadata.name), grace=1 if running else 0)
    for resource, one in read:
        client.delete(object_path(resource, client.namespace, one))


def _labels(name: str) -> str:
    return f"batch.kubernetes.io/job-name={name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One task from its start to its end."""

    client: Client
    task: TaskSpec
    name: str
    listener: Listener
    output: Tail
    killed: Event = field(default_factory=Event)

    def to_end(self) -> int:
        """Wait until it has begun, read what it prints, and return its exit code."""
        watched = TaskPod(self.client, self.name, self.task.image)
        pod = watched.begun()
        with deadline(self.task.timeout, lambda: self._kill(pod)), self._fed(pod):
            pieces = self._printed(pod, watched)
            tell_lines(pieces, self.output, listener=self.listener, item=self.name)
            if self.killed.is_set():
                return 137
            ended = watched.ended()
        if ended.reason in {"StartError", "ContainerCannotRun"}:
            self.output.add(ended.message.encode())
            return start_failure(ended.message) or ended.exit_code
        return ended.exit_code

    def _kill(self, pod: Pod) -> None:
        self.killed.set()
        path = object_path("pods", self.client.namespace, pod.metadata.name)
        self.client.delete(path, grace=1, uid=pod.metadata.uid)

    def _printed(self, pod: Pod, watched: TaskPod) -> Iterator[bytes]:
        """Yield all lines, also when a connection breaks in between."""
        position = Position(LogQuery(), grain=GRAIN)
        last = False
        while not self.killed.is_set():
            with _log_kept(), open_log(self.client, target_of(pod), position, follow=not last) as chunks:
                yield from self._fresh(position, records(chunks, whole=last, limit=KEPT))
            if last:
                return
            seen = watched.find()
            status = app_status(seen) if seen is not None else None
            last = status is None or status.state.terminated is not None
            if not last:
                self.killed.wait(AGAIN)

    def _fresh(self, position: Position, lines: Iterator[tuple[int, bytes]]) -> Iterator[bytes]:
        """Yield the lines that were not read before; a position knows lines by their times alone."""
        mark = LogLine(time=moment(0), replica=self.name, text="")
        for stamp, text in lines:
            if position.admit(Stamped(stamp, mark)):
                yield text + b"\n"

    @contextmanager
    def _fed(self, pod: Pod) -> Iterator[None]:
        """Send a task its input while its output is read."""
        if self.task.stdin is None:
            yield
            return
        query = [("container", CONTAINER), ("stdin", "true")]
        path = object_path("pods", self.client.namespace, pod.metadata.name, "attach")
        try:
            conversation = Conversation(self.client.socket(path, query))
        except CloudkitError:
            if self._has_ended(pod):
                yield  # it wanted no input
                return
            raise
        with conversation:
            thread = Thread(target=_feed, args=(conversation, self.task.stdin), name="cloudkit-stdin", daemon=True)
            thread.start()
            try:
                yield
            finally:
                conversation.close()
                thread.join()

    def _has_ended(self, pod: Pod) -> bool:
        path = object_path("pods", self.client.namespace, pod.metadata.name)
        seen = self.client.find(path, Pod)
        status = app_status(seen) if seen is not None else None
        return status is None or status.state.running is None


@contextmanager
def _log_kept() -> Iterator[None]:
    """Pass over a connection that breaks, and over a container that has no log."""
    try:
        yield
    except CloudkitError as error:
        if not isinstance(error, BackendError) and not is_missing(error):
            raise


def _feed(conversation: Conversation, stdin: bytes) -> None:
    conversation.write(stdin)
    conversation.end_input()
    for _ in conversation:
        pass
