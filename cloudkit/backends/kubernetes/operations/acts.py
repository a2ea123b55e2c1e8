"""What one does with the pods of a namespace: their logs, commands, files, figures and ports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Unpack

from cloudkit.backends.kubernetes.operations.attach import attach
from cloudkit.backends.kubernetes.operations.copy import copy_in, copy_out, lay
from cloudkit.backends.kubernetes.operations.events import read_events
from cloudkit.backends.kubernetes.operations.execute import execute
from cloudkit.backends.kubernetes.operations.forward import forward
from cloudkit.backends.kubernetes.operations.logs import read_logs
from cloudkit.backends.kubernetes.operations.stats import read_stats
from cloudkit.backends.kubernetes.operations.tasks import run_task
from cloudkit.backends.laying import judge_removal, removals

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client
    from cloudkit.model.exec_options import ExecOptions
    from cloudkit.model.log import Event, LogLine, LogQuery
    from cloudkit.model.port import Port
    from cloudkit.model.progress import Listener
    from cloudkit.model.task import TaskResult, TaskSpec, Usage

__all__ = ["Operations"]


class Operations:
    """Acts on the pods of one namespace. ``replica`` is always the name of a pod.

    Args:
        client: A connection to the API server.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def logs(self, app: str, query: LogQuery) -> Iterator[LogLine]:
        """Return the lines of all pods of an app, merged by time."""
        return read_logs(self._client, app, query)

    def events(self, app: str | None, query: LogQuery) -> Iterator[Event]:
        """Return what happened to an app, or to all."""
        return read_events(self._client, app, query)

    def exec(self, replica: str, command: Sequence[str], **options: Unpack[ExecOptions]) -> TaskResult:
        """Run a command inside a replica."""
        return execute(self._client, replica, command, **options)

    def attach(self, replica: str, command: Sequence[str], *, stdin: BinaryIO, stdout: BinaryIO) -> int:
        """Run a command inside a replica on a terminal."""
        return attach(self._client, replica, command, stdin=stdin, stdout=stdout)

    def copy_in(self, replica: str, source: Path, target: str) -> None:
        """Copy a file or folder into a replica."""
        copy_in(self._client, replica, source, target)

    def lay(self, replica: str, folder: Path, target: str, gone: Sequence[str]) -> None:
        """Remove what is gone from a replica, and lay the files of a folder over its own."""
        for command in removals(target, gone):
            judge_removal(replica, self.exec(replica, command))
        if any(folder.iterdir()):
            lay(self._client, replica, folder, target)

    def copy_out(self, replica: str, source: str, target: Path) -> Path:
        """Copy a file or folder out of a replica."""
        return copy_out(self._client, replica, source, target)

    def stats(self, app: str) -> tuple[Usage, ...]:
        """Return what each running replica uses now."""
        return read_stats(self._client, app)

    def forward(self, app: str, port: Port, *, replica: str | None = None) -> AbstractContextManager[str]:
        """Forward a port of loopback to an app, or to one replica, while the block lasts."""
        return forward(self._client, app, port, replica=replica)

    def run(self, task: TaskSpec, listener: Listener) -> TaskResult:
        """Run a task to its end; it reaches apps by name."""
        return run_task(self._client, task, listener=listener)
