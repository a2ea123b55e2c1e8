"""Run a task: a command in a container of its own, which is gone when it has ended."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from cloudkit.backends.commands.deadline import deadline
from cloudkit.backends.commands.lines import tell_lines
from cloudkit.backends.commands.output import Tail
from cloudkit.backends.commands.starting import start_failure
from cloudkit.backends.docker.ending import remove_container
from cloudkit.backends.docker.filing import put_files
from cloudkit.backends.docker.hostconfig import environment, host_config
from cloudkit.backends.docker.labels import Component, identity
from cloudkit.backends.docker.operations.execute import fed
from cloudkit.backends.docker.operations.frames import demultiplex
from cloudkit.backends.docker.operations.streams import checked, converse, url
from cloudkit.backends.givenfiles import given_files, own_folders
from cloudkit.engine.errors import translate
from cloudkit.errors import BackendError, CloudkitError, NotFoundError, UsageError
from cloudkit.model.progress import Listener, Phase, Progress
from cloudkit.model.reference import Reference
from cloudkit.model.task import TaskResult, TaskSpec

if TYPE_CHECKING:
    from docker import APIClient
    from requests import Response

__all__ = ["run_task", "task_config"]


def run_task(
    api: APIClient, namespace: str, task: TaskSpec, *, listener: Listener, network: str | None = None
) -> TaskResult:
    """Run a task to its end and remove it; also when the caller is interrupted.

    A task that takes longer than its ``timeout`` is killed: exit code 137. A command that cannot be started is exit
    code 127 or 126, as in a shell, with the engine's words as output. What it prints goes line by line to the listener.

    Raises:
        NotFoundError: The image is not there.
        BackendError: The engine failed or went away.
    """
    begun, name = monotonic(), f"{namespace}.task-{secrets.token_hex(4)}"
    output = Tail()
    with translate(f"run task {name}"):
        container = _create(api, name, task, task_config(namespace, task, network))
        try:
            _give(api, container, task, name)
            code = _Run(api=api, container=container, name=name, task=task, listener=listener, output=output).to_end()
        finally:
            remove_container(api, container)
    listener(Progress(phase=Phase.NOTICE, item=name, message=f"exit code {code}", done=True))
    return TaskResult(
        command=task.command,
        exit_code=code,
        output=output.text,
        truncated=output.truncated,
        duration=monotonic() - begun,
    )


def task_config(namespace: str, task: TaskSpec, network: str | None) -> dict[str, Any]:
    """Return a task's container in the engine's words. It removes itself, should its caller die; pure."""
    config: dict[str, Any] = {
        "Env": environment(task.env),
        "Labels": identity(namespace, Component.TASK),
        "AttachStdin": task.stdin is not None,
        "OpenStdin": task.stdin is not None,
        "StdinOnce": task.stdin is not None,
        "AttachStdout": True,
        "AttachStderr": True,
        "HostConfig": {
            **_host(namespace, task),
            "AutoRemove": True,
            **({"NetworkMode": network} if network else {}),
        },
    }
    if task.command:
        config["Cmd"] = list(task.command)
    if task.entrypoint is not None:
        config["Entrypoint"] = list(task.entrypoint)
    if task.user:
        config["User"] = task.user
    if task.workdir:
        config["WorkingDir"] = task.workdir
    return config


def _host(namespace: str, task: TaskSpec) -> dict[str, Any]:
    """Return where it runs. A folder of files below a mount is a volume without a name, which goes with the task."""
    host = host_config(namespace, resources=task.resources, mounts=task.mounts)
    labels = {"Labels": identity(namespace, Component.FILES)}
    folders = [{"Type": "volume", "Target": folder, "VolumeOptions": labels} for folder in own_folders(task)]
    return {**host, "Mounts": [*host["Mounts"], *folders]}


def _give(api: APIClient, container: str, task: TaskSpec, name: str) -> None:
    """Put a task's files into its container.

    Raises:
        BackendError: One of them cannot stand at its path.
    """
    files = list(given_files(task))
    if not files:
        return
    try:
        put_files(api, container, files, what=f"give task {name} its files")
    except (UsageError, BackendError) as error:
        message = f"the files of a task of {task.image.familiar} cannot be put where they belong: {error.summary}"
        hint = f"cloudkit run {task.image.familiar} ls -la /  # what is there in the image"
        raise BackendError(message, evidence=error.evidence, hint=hint) from error


def _create(api: APIClient, name: str, task: TaskSpec, config: dict[str, Any]) -> str:
    """Create the container, with the image by its digest where the engine knows it by that, else by its name."""
    for image in _names(task.image):
        with suppress(NotFoundError), translate(f"create task {name}"), _abandoned(api, name):
            answer = api.post(
                url(api, "containers", "create"),
                params={"name": name},
                json={**config, "Image": image},
                timeout=api.timeout,
            )
            checked(answer)
            return str(answer.json()["Id"])
    familiar = task.image.familiar
    raise NotFoundError(f"image {familiar} is not on the engine", hint=f"cloud.image({familiar!r}).pull()")


@contextmanager
def _abandoned(api: APIClient, name: str) -> Iterator[None]:
    """When the caller is interrupted before the engine has answered, remove what it makes all the same."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        for _ in range(5):
            remove_container(api, name)
            sleep(0.2)
        raise


def _names(image: Reference) -> Iterator[str]:
    """Yield what an engine may know an image by; one without containerd's store knows its own builds by id only."""
    if image.digest is None:
        yield str(image)
    else:
        yield f"{image.repository}@{image.digest}"
        yield str(image.digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One task from its start to its end."""

    api: APIClient
    container: str
    name: str
    task: TaskSpec
    listener: Listener
    output: Tail

    def to_end(self) -> int:
        """Start it, read what it prints, and return its exit code."""
        wanted = {"stream": 1, "stdout": 1, "stderr": 1, "stdin": int(self.task.stdin is not None)}
        with (
            converse(self.api, "containers", self.container, "attach", params=wanted) as conversation,
            self._ending() as ending,
        ):
            if (code := self._start()) is not None:
                return code
            with deadline(self.task.timeout, self._kill), fed(conversation, self.task.stdin):
                pieces = (piece.data for piece in demultiplex(conversation))
                tell_lines(pieces, self.output, listener=self.listener, item=self.name)
                return self._exit_code(ending)

    @contextmanager
    def _ending(self) -> Iterator[Response]:
        """Ask for the exit code before it starts, as the container is gone once it has ended."""
        address = url(self.api, "containers", self.container, "wait")
        answer = self.api.post(address, params={"condition": "removed"}, stream=True, timeout=(self.api.timeout, None))
        with answer:
            checked(answer)
            yield answer

    def _start(self) -> int | None:
        """Start it; return the exit code of a shell when the command is none that can be started."""
        try:
            with translate(f"start task {self.name}"):
                self.api.start(self.container)
        except CloudkitError as error:
            words = " ".join(error.evidence)
            if (code := start_failure(words)) is None:
                raise
            self.output.add(words.encode())
            return code
        return None

    def _kill(self) -> None:
        with suppress(NotFoundError), translate(f"kill task {self.name}, which took too long"):
            self.api.kill(self.container)

    def _exit_code(self, ending: Response) -> int:
        """Return the exit code that the engine was asked for; no whole answer means that it went away."""
        try:
            answer = ending.json()
        except ValueError as error:
            raise BackendError(f"the engine went away while task {self.name} ran", hint="cloudkit doctor") from error
        return int(answer["StatusCode"])
