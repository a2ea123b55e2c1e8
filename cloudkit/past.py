"""What a cloud tells of the past, and the way back."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Annotated

from cloudkit.journal.asking import acting
from cloudkit.model.caller import Caller, Origin
from cloudkit.model.duration import moment
from cloudkit.model.entry import Entry
from cloudkit.model.parameter import Names, Short
from cloudkit.model.rows import Rows
from cloudkit.model.state import AppState
from cloudkit.model.verb import verb
from cloudkit.session import Session

__all__ = ["Past"]


class Past:
    """The verbs that read the journal of a cloud."""

    _session: Session

    def acting(self, identity: str, *, origin: Origin | str = Origin.CHAT) -> AbstractContextManager[None]:
        """Let what this thread does in the block be done for somebody, as the journal tells it.

        Args:
            identity: Who asks, such as a chat user's id.
            origin: Through what: ``chat``, ``prompt``, ``script``, ``shell`` or ``controller``.
        """
        return acting(Caller(identity=identity, origin=Origin(origin)))

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


def _moment(option: str, value: str | datetime | None) -> datetime | None:
    return None if value is None else moment(option, value)
