"""Run a command inside a replica with somebody at the keyboard, or with a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from cloudkit.backends.commands.marking import mark
from cloudkit.backends.commands.terminal import descriptor, raw, relayed, resized, terminal_size
from cloudkit.backends.docker.operations.execute import exit_code
from cloudkit.backends.docker.operations.frames import demultiplex
from cloudkit.backends.docker.operations.killing import end_marked
from cloudkit.backends.docker.operations.streams import Conversation, converse
from cloudkit.backends.replicalogs.targets import Target
from cloudkit.engine.errors import translate

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["attach"]


def attach(api: APIClient, target: Target, command: Sequence[str], *, stdin: BinaryIO, stdout: BinaryIO) -> int:
    """Run a command in a container, joined to these streams, and return its exit code.

    Where ``stdin`` is a terminal, so is the command's, of the same size also when the window changes, and every key
    goes to the command. Otherwise it gets a pipe: what ``stdin`` holds and then its end; both of its streams go to
    ``stdout``.

    Raises:
        NotFoundError: The container is not there.
        ConflictError: The container is stopped or paused.
        BackendError: The engine failed or went away.
    """
    terminal = _terminal(stdin)
    marking = mark()
    with translate(f"attach {command[0]!r} in {target.name}"):
        made = api.exec_create(target.id, list(command), stdin=True, tty=terminal is not None, environment=[marking])[
            "Id"
        ]
        with _started(api, made, terminal) as conversation:
            try:
                _converse(api, made, conversation, terminal=terminal, stdin=stdin, stdout=stdout)
            except BaseException:
                end_marked(api, target.id, marking)
                raise
        return exit_code(api, made)


def _terminal(stdin: BinaryIO) -> int | None:
    """Return the terminal's descriptor; None when it is none."""
    number = descriptor(stdin)
    return number if number is not None and stdin.isatty() else None


@contextmanager
def _started(api: APIClient, exec_id: str, terminal: int | None) -> Iterator[Conversation]:
    how: dict[str, Any] = {"Detach": False, "Tty": terminal is not None}
    if terminal is not None:
        how["ConsoleSize"] = terminal_size(terminal)  # an engine before API 1.42 passes over it
    with converse(api, "exec", exec_id, "start", params={}, json=how) as conversation:
        yield conversation


def _converse(
    api: APIClient, exec_id: str, conversation: Conversation, *, terminal: int | None, stdin: BinaryIO, stdout: BinaryIO
) -> None:
    """Relay both ways until the command ends."""
    with ExitStack() as stack:
        if terminal is not None:
            stack.enter_context(raw(terminal))
            stack.enter_context(resized(terminal, lambda rows, columns: _resize(api, exec_id, rows, columns)))
            _resize(api, exec_id, *terminal_size(terminal))
        stack.enter_context(relayed(stdin, conversation.write, conversation.end_input))
        output = conversation if terminal is not None else (piece.data for piece in demultiplex(conversation))
        _show(output, stdout)


def _show(output: Iterable[bytes], stdout: BinaryIO) -> None:
    for data in output:
        stdout.write(data)
        stdout.flush()


def _resize(api: APIClient, exec_id: str, rows: int, columns: int) -> None:
    """Tell the engine the window's size; a command that has not begun yet, or has ended, has no window."""
    from docker.errors import APIError

    try:
        api.exec_resize(exec_id, height=rows, width=columns)
    except APIError as error:
        if error.is_server_error() and error.status_code != 500:
            raise
