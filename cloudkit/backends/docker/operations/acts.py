"""What one does with the running replicas of a namespace: their logs, commands, files and figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Unpack

from cloudkit.backends.docker.names import network_name, shown
from cloudkit.backends.docker.networks import find_network
from cloudkit.backends.docker.observe import Seen, observe_app
from cloudkit.backends.docker.operations.attach import attach
from cloudkit.backends.docker.operations.copy import copy_in, copy_out, lay
from cloudkit.backends.docker.operations.events import read_events
from cloudkit.backends.docker.operations.execute import execute
from cloudkit.backends.docker.operations.logs import read_logs
from cloudkit.backends.docker.operations.stats import read_stats
from cloudkit.backends.docker.operations.tasks import run_task
from cloudkit.backends.laying import judge_removal, removals
from cloudkit.backends.replicalogs.targets import Target
from cloudkit.engine.errors import translate
from cloudkit.errors import NotFoundError

if TYPE_CHECKING:
    from docker import APIClient

    from cloudkit.model.exec_options import ExecOptions
    from cloudkit.model.log import Event, LogLine, LogQuery
    from cloudkit.model.progress import Listener
    from cloudkit.model.task import TaskResult, TaskSpec, Usage

__all__ = ["Operations"]


class Operations:
    """Acts on the replicas of one namespace.

    Args:
        api: The engine.
        namespace: Whose replicas.
    """

    def __init__(self, api: APIClient, namespace: str) -> None:
        self._api = api
        self._namespace = namespace

    def logs(self, app: str, query: LogQuery) -> Iterator[LogLine]:
        """Return the lines of all replicas of an app, merged by time."""
        return read_logs(self._api, lambda: self._targets(self._replicas(app)), query)

    def events(self, app: str | None, query: LogQuery) -> Iterator[Event]:
        """Return what happened to an app, or to all."""
        return read_events(self._api, self._namespace, app, query)

    def exec(self, replica: Seen, command: Sequence[str], **options: Unpack[ExecOptions]) -> TaskResult:
        """Run a command inside a replica."""
        return execute(self._api, self._target(replica), command, **options)

    def attach(self, replica: Seen, command: Sequence[str], *, stdin: BinaryIO, stdout: BinaryIO) -> int:
        """Run a command inside a replica on a terminal."""
        return attach(self._api, self._target(replica), command, stdin=stdin, stdout=stdout)

    def copy_in(self, replica: Seen, source: Path, target: str) -> None:
        """Copy a file or folder into a replica."""
        copy_in(self._api, self._target(replica), source, target)

    def lay(self, replica: Seen, folder: Path, target: str, gone: Sequence[str]) -> None:
        """Remove what is gone from a replica, and lay the files of a folder over its own."""
        for command in removals(target, gone):
            judge_removal(replica.name, self.exec(replica, command, user="0"))
        if any(folder.iterdir()):
            lay(self._api, self._target(replica), folder, target)

    def revive(self, replica: Seen, grace: float) -> None:
        """Restart a replica's container."""
        with translate(f"restart {replica.name}"):
            self._api.restart(replica.id, timeout=max(1, round(grace)))

    def copy_out(self, replica: Seen, source: str, target: Path) -> Path:
        """Copy a file or folder out of a replica."""
        return copy_out(self._api, self._target(replica), source, target)

    def stats(self, replicas: Sequence[Seen]) -> tuple[Usage, ...]:
        """Return what each running replica uses now."""
        return read_stats(self._api, self._targets([one for one in replicas if one.state == "running"]))

    def run(self, task: TaskSpec, listener: Listener) -> TaskResult:
        """Run a task to its end; it reaches apps by name where there are any."""
        shared = find_network(self._api, self._namespace, "default")
        network = network_name(self._namespace) if shared else None
        return run_task(self._api, self._namespace, task, listener=listener, network=network)

    def _replicas(self, app: str) -> Sequence[Seen]:
        seen = observe_app(self._api, self._namespace, app)
        if seen.record is None:
            message = f"there is no app {app!r} any more"
            raise NotFoundError(message)
        return seen.replicas

    def _targets(self, replicas: Sequence[Seen]) -> list[Target]:
        return [self._target(one) for one in replicas]

    def _target(self, replica: Seen) -> Target:
        return Target(id=replica.id, name=shown(self._namespace, replica.name))
