"""Run a command inside a replica, to its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from cloudkit.backends.commands.deadline import deadline
from cloudkit.backends.commands.marking import mark
from cloudkit.backends.commands.output import Tail
from cloudkit.backends.docker.operations.frames import demultiplex
from cloudkit.backends.docker.operations.killing import end_marked
from cloudkit.backends.docker.operations.streams import Conversation, converse
from cloudkit.backends.replicalogs.targets import Target
from cloudkit.engine.errors import translate
from cloudkit.errors import BackendError
from cloudkit.model.task import TaskResult

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["execute", "exit_code", "fed"]

PATIENCE = 2.0
"""Seconds that the output of a killed command may still take."""
SETTLE = 10.0
"""Seconds that the engine may take to know the exit code of a command whose output has ended."""


def execute(
    api: APIClient,
    target: Target,
    command: Sequence[str],
    *,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    workdir: str | None = None,
    timeout: float | None = None,
) -> TaskResult:
    """Run a command in a container and return what came of it.

    A command that takes longer than ``timeout`` is killed with all that it started, which is exit code 137; so it is
    when the caller is interrupted.

    Raises:
        NotFoundError: The container is not there.
        ConflictError: The container is stopped or paused.
        BackendError: The engine failed, or a command that took too long could not be killed.
    """
    begun, marking, what = monotonic(), mark(), f"run {command[0]!r} in {target.name}"
    listed = [f"{name}={value}" for name, value in (env or {}).items()]
    with translate(what):
        made = api.exec_create(
            target.id,
            list(command),
            stdin=stdin is not None,
            environment=[*listed, marking],
            user=user or "",
            workdir=workdir,
        )
        output = Tail()
        with converse(
            api, "exec", made["Id"], "start", params={}, json={"Detach": False, "Tty": False}
        ) as conversation:
            run = _Run(api, target, marking, conversation)
            run.collect(output, stdin, timeout)
        code = exit_code(api, made["Id"])
    return TaskResult(
        command=tuple(command),
        exit_code=code,
        output=output.text,
        truncated=output.truncated,
        duration=monotonic() - begun,
    )


class _Run:
    """One command while it runs."""

    def __init__(self, api: APIClient, target: Target, marking: str, conversation: Conversation) -> None:
        self._api = api
        self._target = target
        self._marking = marking
        self._conversation = conversation
        self._ended = Event()

    def collect(self, output: Tail, stdin: bytes | None, timeout: float | None) -> None:
        """Read its output to the end, within the time that it has."""
        with deadline(timeout, self._too_late), fed(self._conversation, stdin):
            try:
                for piece in demultiplex(self._conversation):
                    output.add(piece.data)
            except BaseException:
                end_marked(self._api, self._target.id, self._marking)
                raise
            finally:
                self._ended.set()

    def _too_late(self) -> None:
        """Kill it; let go of an output that something else still holds open."""
        ended = end_marked(self._api, self._target.id, self._marking)
        if not self._ended.wait(PATIENCE if ended else 0):
            self._conversation.close()
        if not ended:
            raise BackendError(
                f"the command took too long and could not be killed: it still runs in {self._target.name}",
                evidence=["neither this machine sees its process, nor has the image a shell"],
                hint="restart the app",
            )


@contextmanager
def fed(conversation: Conversation, stdin: bytes | None) -> Iterator[None]:
    """Send a command its input while its output is read, so that neither side waits for the other."""

    def send() -> None:
        conversation.write(stdin or b"")
        conversation.end_input()

    thread = Thread(target=send, name="cloudkit-stdin", daemon=True)
    thread.start()
    try:
        yield
    finally:
        conversation.close()
        thread.join()


def exit_code(api: APIClient, exec_id: str) -> int:
    """Return the exit code of a command whose output has ended."""
    give_up = monotonic() + SETTLE
    while True:
        seen: Mapping[str, Any] = api.exec_inspect(exec_id)
        if not seen["Running"] and seen["ExitCode"] is not None:
            return int(seen["ExitCode"])
        if monotonic() > give_up:
            raise BackendError("the command has closed its output, but still runs", hint="look at it with exec: ps")
        sleep(0.01)
