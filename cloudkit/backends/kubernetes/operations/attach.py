"""Run a command inside a pod with somebody at the keyboard, or with a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO

from cloudkit.backends.commands.marking import mark
from cloudkit.backends.commands.terminal import descriptor, raw, relayed, resized, terminal_size
from cloudkit.backends.kubernetes.operations.channels import Conversation
from cloudkit.backends.kubernetes.operations.execute import converse, end_marked, has_env, require_end_of_input
from cloudkit.backends.kubernetes.operations.status import read_status
from cloudkit.backends.kubernetes.operations.wrapping import wrapped

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["attach"]


def attach(client: Client, pod: str, command: Sequence[str], *, stdin: BinaryIO, stdout: BinaryIO) -> int:
    """Run a command in a pod's container, joined to these streams, and return its exit code.

    Where ``stdin`` is a terminal, so is the command's, of the same size also when the window changes, and every key
    goes to the command. Otherwise it gets a pipe: what ``stdin`` holds and then its end; both of its streams go to
    ``stdout``.

    Raises:
        NotFoundError: The pod is not there.
        ConflictError: Its container does not run.
        BackendError: The cluster failed or went away.
    """
    number = descriptor(stdin)
    terminal = number if number is not None and stdin.isatty() else None
    marking = mark() if has_env(client, pod) else ""
    words = wrapped(command, marking=marking, env={}, workdir=None) if marking else command
    with converse(client, pod, words, stdin=True, terminal=terminal is not None) as conversation:
        require_end_of_input(conversation, wanted=terminal is None)
        try:
            _converse(conversation, terminal=terminal, stdin=stdin, stdout=stdout)
        except BaseException:
            end_marked(client, pod, marking)
            raise
    ended = read_status(conversation.status, f"attach {command[0]!r} in {pod}", pod)
    if ended.words:
        stdout.write(f"{ended.words}\n".encode())
        stdout.flush()
    return ended.code


def _converse(conversation: Conversation, *, terminal: int | None, stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Relay both ways until the command ends."""
    with ExitStack() as stack:
        if terminal is not None:
            stack.enter_context(raw(terminal))
            stack.enter_context(resized(terminal, conversation.resize))
            conversation.resize(*terminal_size(terminal))
        stack.enter_context(relayed(stdin, conversation.write, conversation.end_input))
        for _, data in conversation:
            stdout.write(data)
            stdout.flush()
