"""What goes on inside an app: what its replicas print, run, hold and use."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Annotated

from cloudkit.backends.readonly import refuse_act
from cloudkit.errors import UsageError
from cloudkit.model.advice import Advice
from cloudkit.model.checks import check_words
from cloudkit.model.glance import Glance
from cloudkit.model.log import Event, LogLine
from cloudkit.model.log_query import log_query
from cloudkit.model.parameter import Names, Short, Verbatim
from cloudkit.model.port import Port
from cloudkit.model.rows import Rows
from cloudkit.model.state import Replica
from cloudkit.model.stream import Stream
from cloudkit.model.task import TaskResult, Usage
from cloudkit.model.verb import Role, verb
from cloudkit.session import Session

__all__ = ["Inside"]


class Inside:
    """The part of an app's handle that has to do with its running replicas."""

    __slots__ = ()

    name: str
    _session: Session

    @verb()
    def logs(
        self,
        *,
        tail: Annotated[int | None, Short("n")] = None,
        since: str | datetime | None = None,
        until: str | datetime | None = None,
        follow: Annotated[bool, Short("f")] = False,
        replica: Annotated[str | None, Names(Replica)] = None,
    ) -> Iterator[LogLine]:
        """Show what the replicas printed, merged by time.

        Args:
            tail: The last lines of each replica; all where not given.
            since: Only what is younger: ``10m``, ``14:05`` or a time in ISO 8601.
            until: Only what is older.
            follow: Go on with what comes, across restarts and rolls.
            replica: Only this replica.
        """
        query = log_query(tail=tail, since=since, until=until, follow=follow, replica=replica)
        return Stream(self._session.backend.logs(self.name, query), LogLine)

    def events(
        self, *, since: str | datetime | None = None, until: str | datetime | None = None, follow: bool = False
    ) -> Iterator[Event]:
        """Show what happened to the app's parts.

        Args:
            since: Only what is younger: ``10m``, ``14:05`` or a time in ISO 8601.
            until: Only what is older.
            follow: Go on with what comes.
        """
        query = log_query(since=since, until=until, follow=follow)
        return Stream(self._session.backend.events(self.name, query), Event)

    @verb(role=Role.OPERATOR)
    def exec(
        self,
        *command: Annotated[str, Verbatim()],
        replica: Annotated[str | None, Names(Replica)] = None,
        stdin: bytes | None = None,
        env: Annotated[Mapping[str, str] | None, Short("e")] = None,
        user: Annotated[str | None, Short("u")] = None,
        workdir: Annotated[str | None, Short("w")] = None,
        timeout: float | None = None,
    ) -> TaskResult:
        """Run a command inside a replica.

        Args:
            command: The command and its arguments.
            replica: Which one; the first that is ready where not given.
            stdin: What it reads.
            env: Environment variables, as ``KEY=VALUE``.
            user: The user it runs as.
            workdir: The folder it starts in.
            timeout: Seconds after which it is killed.
        """
        _check_command("exec", command)
        with self._session.operation("exec", self.name):
            return self._session.backend.exec(
                self.name, command, replica=replica, stdin=stdin, env=env, user=user, workdir=workdir, timeout=timeout
            )

    @verb(role=Role.OPERATOR, terminal=True)
    def attach(
        self, *command: Annotated[str, Verbatim()], replica: Annotated[str | None, Names(Replica)] = None
    ) -> int:
        """Run a command inside a replica on this terminal, such as a shell; return its exit code.

        Args:
            command: The command and its arguments; ``sh`` where not given.
            replica: Which one; the first that is ready where not given.
        """
        _check_command("attach", command or ("sh",))
        with self._session.operation("attach", self.name):
            return self._session.backend.attach(
                self.name, command or ("sh",), replica=replica, stdin=sys.stdin.buffer, stdout=sys.stdout.buffer
            )

    @verb(role=Role.OPERATOR)
    def copy_in(self, source: Path, target: str, *, replica: Annotated[str | None, Names(Replica)] = None) -> None:
        """Copy a file or folder of this machine into replicas.

        Args:
            source: The file or folder here.
            target: The path inside the replica.
            replica: Only into this one; into all where not given.
        """
        with self._session.operation("copy_in", self.name):
            self._session.backend.copy_in(self.name, Path(source), target, replica=replica)

    @verb(role=Role.OPERATOR)
    def copy_out(self, source: str, target: Path, *, replica: Annotated[str | None, Names(Replica)] = None) -> Path:
        """Copy a file or folder out of a replica; nothing is written outside the target.

        Args:
            source: The path inside the replica.
            target: The file or folder here.
            replica: Which one; the first where not given.
        """
        with self._session.operation("copy_out", self.name):
            return self._session.backend.copy_out(self.name, source, Path(target), replica=replica)

    def forward(
        self, port: Annotated[int | None, Names(Port)] = None, *, replica: Annotated[str | None, Names(Replica)] = None
    ) -> AbstractContextManager[str]:
        """Reach the app from this machine, published or not, while the block lasts; gives its url here.

        Args:
            port: A port that it listens on; its first one where not given.
            replica: Reach this replica alone; where not given, whichever is ready, also after a roll.
        """
        return self._session.backend.forward(self.name, port, replica=replica)

    @verb()
    def stats(self) -> Rows[Usage]:
        """Show what each replica uses now: cpu, memory, network."""
        return Rows(self._session.backend.stats(self.name), Usage)

    @verb()
    def watch(self, *, interval: float = 2.0, count: Annotated[int | None, Short("n")] = None) -> Iterator[Glance]:
        """Show the replicas again and again: what they use, how often they restarted, what happens to them.

        Args:
            interval: Seconds between two looks.
            count: How many looks; until interrupted, or the app is gone, where not given.
        """
        from cloudkit.watching import watched

        return Stream(watched(self._session.backend, self.name, interval=interval, looks=count), Glance)

    @verb(role=Role.OPERATOR)
    def develop(self, *sync: str, restart: Sequence[str] | None = None, ignore: Sequence[str] = ()) -> Iterator[Event]:
        """Keep files of this machine the same in running replicas, until interrupted, and restart what must read them.

        All files are copied at first, then what is saved, renamed and removed; what ``.dockerignore`` names is left
        out. A replica that takes another's place gets all of them again.

        Args:
            sync: Folders or files and where they are in replicas, such as ``src:/app``.
            restart: Patterns of files whose change restarts the replicas, one after the other; all files where not
                given, and where replicas can be restarted in place.
            ignore: Patterns of more files that are left out.

        Raises:
            UnsupportedError: Replicas cannot be restarted in place, as on a cluster, and it was asked for.
        """
        from cloudkit.syncing.developing import developed

        session = self._session
        if session.plans is not None:
            refuse_act("develop")
        with session.operation("develop", self.name):
            return Stream(developed(session.backend, self.name, sync, restart=restart, ignore=ignore), Event)

    @verb()
    def advise(self) -> Rows[Advice]:
        """Say how many replicas there could be: as now, as the load asks for, and the most that fit."""
        from cloudkit.advising import advised

        return Rows(tuple(advised(self._session.backend, self.name)), Advice)


def _check_command(verb: str, command: tuple[object, ...]) -> None:
    """Refuse what is no command, such as a list of its words."""
    if len(command) == 1 and isinstance(command[0], list | tuple):
        words = ", ".join(repr(word) for word in command[0])
        raise UsageError(f"{verb} takes the words of a command one by one, not a list of them", hint=f"{verb}({words})")
    check_words("command", command)
