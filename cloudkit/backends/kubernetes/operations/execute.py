"""Run a command inside a pod, to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING

from cloudkit.backends.commands.deadline import deadline
from cloudkit.backends.commands.marking import END_MARKED, mark
from cloudkit.backends.commands.output import Tail
from cloudkit.backends.kubernetes.appcontainer import container_name
from cloudkit.backends.kubernetes.labels import CONTAINER
from cloudkit.backends.kubernetes.objects import Pod
from cloudkit.backends.kubernetes.operations.channels import Conversation
from cloudkit.backends.kubernetes.operations.status import Ended, lacks, read_status
from cloudkit.backends.kubernetes.operations.wrapping import drained, wrapped
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.refusal import refusal_of
from cloudkit.errors import BackendError, CloudkitError, UnsupportedError
from cloudkit.model.task import TaskResult

if TYPE_CHECKING:
    from websocket import WebSocket

    from cloudkit.backends.kubernetes.client import Client

__all__ = ["converse", "end_marked", "execute", "fed", "has_env", "require_end_of_input"]

SMALL = 16384
"""Bytes of input that always fit into what lies between here and a command that does not read them."""
PATIENCE = 2.0
"""Seconds that the output of a killed command may still take."""


def execute(
    client: Client,
    pod: str,
    command: Sequence[str],
    *,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    workdir: str | None = None,
    timeout: float | None = None,
) -> TaskResult:
    """Run a command in a pod's container and return what came of it.

    A command that takes longer than ``timeout`` is killed with all that it started, which is exit code 137; so it is
    when the caller is interrupted. Variables are part of what is asked of the API server, which may write that down:
    they are no place for secrets.

    Raises:
        NotFoundError: The pod is not there.
        ConflictError: Its container does not run.
        UnsupportedError: A user is asked for; or variables or a folder, and the image has neither ``env`` nor ``sh``.
        BackendError: The cluster failed, or a command that took too long could not be killed.
    """
    _refuse_user(user)
    begun, output = monotonic(), Tail()

    def run(words: Sequence[str], marking: str) -> Ended:
        what = f"run {command[0]!r} in {pod}"
        with converse(client, pod, words, stdin=stdin is not None) as conversation:
            require_end_of_input(conversation, wanted=stdin is not None)
            running = _Run(client, pod, marking, conversation)
            running.collect(output, stdin, timeout)
        return Ended(137) if running.killed else read_status(conversation.status, what, pod)

    lacking = _lacking(client, pod) if len(stdin or b"") > SMALL else None
    ended = _marked(command, run, env=env or {}, workdir=workdir, pod=pod, lacking=lacking)
    output.add(ended.words.encode())
    return TaskResult(
        command=tuple(command),
        exit_code=ended.code,
        output=output.text,
        truncated=output.truncated,
        duration=monotonic() - begun,
    )


def _refuse_user(user: str | None) -> None:
    """Refuse another user than the container's: an API server has no word for it."""
    if user:
        message = f"cannot run as user {user!r}: on Kubernetes a command runs as the container's own user"
        raise UnsupportedError(message, capability="exec", hint="cloud.run(..., user=...) in a container of its own")


def require_end_of_input(conversation: Conversation, *, wanted: bool) -> None:
    """Refuse input where the API server cannot say that it has ended: the command would wait for ever."""
    if wanted and not conversation.ends_input:
        message = "this API server is too old to end a command's input"
        raise UnsupportedError(message, capability="exec", hint="copy_in a file, and have the command read that")


def _marked(
    command: Sequence[str],
    run: Callable[[Sequence[str], str], Ended],
    *,
    env: Mapping[str, str],
    workdir: str | None,
    pod: str,
    lacking: frozenset[str] | None,
) -> Ended:
    """Run a command so that it can be found and ended; as it is, where the image has no ``env`` and needs none."""
    marking = mark()
    words = wrapped(command, marking=marking, env=env, workdir=workdir)
    if lacking is None:
        ended = run(words, marking)
        missing = next((tool for tool in ("sh", "env") if lacks(ended, tool)), None)
        if missing is None or missing == command[0]:
            return ended
    else:
        missing = next((tool for tool in ("sh", "env") if tool in lacking and tool in words), None)
        if missing is None:
            return run(words if lacking else drained(words), marking)
    if env or workdir:
        what = "variables" if env else "a folder"
        message = f"cannot give the command {what}: the image of {pod} has no `{missing}`"
        raise UnsupportedError(
            message, capability="exec", hint="deploy(env=...) or deploy(workdir=...), for the whole app"
        )
    return run(command, "")


def _lacking(client: Client, pod: str) -> frozenset[str]:
    """Return which of the tools that carry a command an image has not got.

    They are looked for before any input is sent: while it comes, a node may tell a start that failed as a success.
    """
    tries = {"sh": ["sh", "-c", ":"], "env": ["env"]}
    return frozenset(tool for tool, words in tries.items() if not _starts(client, pod, words))


def has_env(client: Client, pod: str) -> bool:
    """Tell whether a pod's image has ``env``, which marks a command; it is asked before input is read."""
    return _starts(client, pod, ["env"])


def _starts(client: Client, pod: str, words: Sequence[str]) -> bool:
    with converse(client, pod, words) as conversation:
        for _ in conversation:
            pass
    return not lacks(read_status(conversation.status, f"look into {pod}", pod), words[0])


@contextmanager
def converse(
    client: Client, pod: str, command: Sequence[str], *, stdin: bool = False, terminal: bool = False
) -> Iterator[Conversation]:
    """Start a command in a pod's container and join its streams."""
    flags = {"stdin": stdin, "stdout": True, "stderr": not terminal, "tty": terminal}
    query = [("command", word) for word in command]
    query += [(name, "true") for name, wanted in flags.items() if wanted]
    with Conversation(_socket(client, pod, query)) as conversation:
        yield conversation


def _socket(client: Client, pod: str, query: Sequence[tuple[str, str]]) -> WebSocket:
    """Reach the container that is the app: a pod that was adopted may call it otherwise, and tells its name."""
    path = object_path("pods", client.namespace, pod)
    try:
        return client.socket(f"{path}/exec", [("container", CONTAINER), *query])
    except CloudkitError as error:
        refusal = refusal_of(error)
        if refusal is None or refusal.status != 400:
            raise
        name = container_name(client.get(path, Pod))
        if name == CONTAINER:
            raise
    return client.socket(f"{path}/exec", [("container", name), *query])


@dataclass
class _Run:
    """One command while it runs."""

    client: Client
    pod: str
    marking: str
    conversation: Conversation

    def __post_init__(self) -> None:
        self._ended = Event()
        self.killed = False

    def collect(self, output: Tail, stdin: bytes | None, timeout: float | None) -> None:
        """Read its output to the end, within the time that it has."""
        with deadline(timeout, self._too_late), fed(self.conversation, stdin):
            try:
                for _, data in self.conversation:
                    output.add(data)
            except BaseException:
                end_marked(self.client, self.pod, self.marking)
                raise
            finally:
                self._ended.set()

    def _too_late(self) -> None:
        """Kill it; let go of an output that something else still holds open."""
        self.killed = ended = end_marked(self.client, self.pod, self.marking)
        if not self._ended.wait(PATIENCE if ended else 0):
            self.conversation.close()
        if not ended:
            raise BackendError(
                f"the command took too long and could not be killed: it still runs in {self.pod}",
                evidence=["the image has no shell to end it with"],
                hint="restart the app",
            )


@contextmanager
def fed(conversation: Conversation, stdin: bytes | None) -> Iterator[None]:
    """Send a command its input while its output is read, so that neither side waits for the other."""

    def send() -> None:
        conversation.write(stdin or b"")
        conversation.end_input()

    thread = Thread(target=send, name="cloudkit-stdin", daemon=True)
    if stdin is not None:
        thread.start()
    try:
        yield
    finally:
        conversation.close()
        if stdin is not None:
            thread.join()


def end_marked(client: Client, pod: str, marking: str) -> bool:
    """Kill all processes in a pod that carry a mark; False when none could be reached."""
    if not marking:
        return False
    told = bytearray()
    with suppress(CloudkitError), converse(client, pod, ["sh", "-c", END_MARKED, "sh", marking]) as conversation:
        for _, data in conversation:
            told += data
    return b"ended" in told
