"""What a cloud tells of the past, and the way back."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from cloudkit.app import App
from cloudkit.backends.readonly import refuse_act
from cloudkit.errors import UsageError
from cloudkit.journal.asking import acting
from cloudkit.journal.note import Told
from cloudkit.model.caller import Caller, Origin
from cloudkit.model.duration import moment
from cloudkit.model.entry import Difference, Entry, Wanted
from cloudkit.model.parameter import Names, Short
from cloudkit.model.refusal import shown
from cloudkit.model.rows import Rows
from cloudkit.model.state import AppState
from cloudkit.model.verb import Role, verb
from cloudkit.session import Session

if TYPE_CHECKING:
    from cloudkit.journal.past import Looking

__all__ = ["Past"]

DECLARING = (".toml", ".yaml", ".yml", ".json")
SHOWN = 200  # characters of a file's name


class Past:
    """The verbs that read the journal of a cloud."""

    _session: Session

    def acting(
        self, identity: str, *, origin: Origin | str = Origin.CHAT, source: Mapping[str, str] | None = None
    ) -> AbstractContextManager[None]:
        """Let what this thread does in the block be done for somebody, as the journal tells it.

        Args:
            identity: Who asks, such as a chat user's id.
            origin: Through what: ``chat``, ``prompt``, ``script``, ``shell`` or ``controller``.
            source: What names the very request, such as the identifiers of a chat's channel and message.
        """
        return acting(Caller(identity=identity, origin=Origin(origin), source=source or {}))

    def note(
        self,
        verb: str,
        app: str = "",
        *,
        outcome: str = "ok",
        error: str = "",
        arguments: Mapping[str, object] | None = None,
    ) -> None:
        """Note in the journal what was asked for and changed nothing, such as a refusal; none is kept where it is off.

        Args:
            verb: What was asked for.
            app: Of which app.
            outcome: ``ok``, or the code of an error.
            error: What was said, for what went wrong.
            arguments: What was given, by name; what looks like a secret is taken out of it.

        Raises:
            JournalError: It cannot be noted.
        """
        self._session.told(verb, app, Told(outcome=outcome, error=error, arguments=arguments or {}))

    @verb()
    def history(
        self,
        name: Annotated[str | None, Names(AppState)] = None,
        *,
        last: Annotated[int, Short("n")] = 50,
        since: str | datetime | None = None,
        until: str | datetime | None = None,
    ) -> Rows[Entry]:
        """Show who did what to an app, or to all, when, from where and with which result; the newest first.

        Args:
            name: The app; all where not given.
            last: So many at most.
            since: Only what is younger: ``10m``, ``14:05``, ``yesterday 9:00`` or a time in ISO 8601.
            until: Only what is older.
        """
        first, end = _moment("since", since), _moment("until", until)
        return Rows(self._session.journal.history(name, since=first, until=end, last=last), Entry)

    @verb()
    def at(self, when: str | datetime) -> Rows[Wanted]:
        """Show what was wanted of all apps at a time, as the journal has it; values of secrets are not in it.

        Args:
            when: ``14:05``, ``1h ago``, ``yesterday 9:00``, ``now`` or a time in ISO 8601.
        """
        looking = self._looking()
        return Rows(looking.at(moment("when", when, now=looking.now)), Wanted)

    @verb()
    def diff(
        self,
        earlier: str | datetime,
        later: str | datetime = "now",
        *,
        name: Annotated[str | None, Names(AppState)] = None,
    ) -> Rows[Difference]:
        """Show what differs in what was wanted at two times, and who changed it.

        Args:
            earlier: The first time: ``14:05``, ``1h ago``, ``yesterday 9:00`` or a time in ISO 8601.
            later: The second time.
            name: Of this app alone.

        Raises:
            UsageError: A file is named, which ``drift`` compares with what is there.
        """
        _refuse_file(earlier)
        looking = self._looking()
        first, second = moment("earlier", earlier, now=looking.now), moment("later", later, now=looking.now)
        return Rows(looking.between(first, second, name), Difference)

    @verb(role=Role.ADMIN, confirm=True)
    def undo(
        self,
        name: Annotated[str | None, Names(AppState)] = None,
        *,
        force: bool = False,
        wait: bool = True,
        timeout: float | None = None,
    ) -> App | None:
        """Undo the last change: bring back what was wanted before it; once more undoes the one before that.

        An app that the change has made is removed; one that it removed comes back.

        Args:
            name: The last change of this app; of any where not given.
            force: Undo it though the app was changed otherwise since.
            wait: Return when all is as wanted.
            timeout: Seconds at the most; without it the app's own rollout deadline.

        Raises:
            NotFoundError: The journal has no change that is not undone.
            ConflictError: The app was changed since, not through this journal, or is being changed.
            JournalError: What was secret then is kept nowhere any more.
        """
        app, seen = self._session.undo(name, force=force, wait=wait, timeout=timeout)
        return None if seen is None else App(self._session, app, seen)

    @verb(role=Role.ADMIN, confirm=True)
    def prune_history(self, before: str | datetime) -> Rows[Entry]:
        """Remove old entries of the journal and show them; what undo and rollback need stays, however old.

        Without it all entries are kept. Of an app they go from the oldest on, up to the first one that is needed.

        Args:
            before: Those that ended before: ``90d``, ``yesterday 9:00`` or a time in ISO 8601.
        """
        when = moment("before", before)
        if self._session.plans is not None:
            refuse_act("prune_history")
        with self._session.operation("prune_history"):
            return Rows(self._session.journal.prune(when), Entry)

    def _looking(self) -> Looking:
        from cloudkit.journal.past import Looking

        return Looking(self._session.journal, datetime.now().astimezone())


def _moment(option: str, value: str | datetime | None) -> datetime | None:
    return None if value is None else moment(option, value)


def _refuse_file(earlier: str | datetime) -> None:
    """Say what compares a file with what is there, where one is given in place of a time."""
    if isinstance(earlier, str) and earlier.endswith(DECLARING):
        message = f"diff compares two times, and {shown(earlier)} is a file"
        raise UsageError(message, hint=f"cloudkit drift --file {shlex.quote(earlier[:SHOWN])}")
