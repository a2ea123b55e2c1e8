"""Approvals that are asked for. Each is settled once, by whoever comes first, from any thread and any process."""

from __future__ import annotations

from dataclasses import dataclass

from cloudkit_bot.store.table import Table
from cloudkit_bot.store.tables import added, columns, of_row

__all__ = ["APPROVED", "BEGUN", "DENIED", "EXPIRED", "LEFT", "MOVED", "OPEN", "Request", "Requests"]

OPEN, APPROVED, DENIED, EXPIRED, MOVED = "open", "approved", "denied", "expired", "moved"
BEGUN, LEFT = "begun", "left"  # what becomes of an approved one
_MINE = "name = ? AND state = ? AND until > ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One approval that is asked for.

    Args:
        name: What names it; its buttons hold nothing else.
        line: The line that is carried out, sealed, as it may hold a secret.
        said: The line as it is shown, without the values of options.
        verb: The verb.
        app: What it is called on.
        digest: The digest of the plan that is approved.
        asker: Who asks.
        team: Their workspace.
        enterprise: The organisation of the workspace.
        channel: Where its message is.
        thread: The message that it is below; empty outside a thread.
        message: The message; empty until it is posted.
        card: Its blocks without buttons: JSON.
        asked: When, in seconds since the epoch.
        until: When it expires.
        state: ``open``, ``denied``, ``expired``, ``moved`` when the world had moved, or ``approved``; then ``begun``,
            or ``left`` when its bot was gone before it had begun.
        settler: Who approved last, or denied; empty while it is open.
    """

    name: str
    line: str
    said: str
    verb: str
    app: str = ""
    digest: str
    asker: str
    team: str
    enterprise: str = ""
    channel: str
    thread: str = ""
    message: str = ""
    card: str = "[]"
    asked: float
    until: float
    state: str = OPEN
    settler: str = ""


_SELECT = f"SELECT {columns(Request)} FROM requests"  # noqa: S608 # names of our own
_AGREE = "INSERT INTO approvals (request, approver, at) SELECT name, ?, ? FROM requests"
_LAST = "(SELECT max(at) FROM approvals WHERE request = name)"
_ENOUGH = "(SELECT count(*) FROM approvals WHERE request = ?) >= ?"


class Requests(Table):
    """The table of requests."""

    def add(self, request: Request) -> None:
        """Keep a new request."""
        self._database.write(added("requests", request))

    def place(self, name: str, channel: str, message: str, card: str = "[]") -> None:
        """Keep where its message is, and what it shows."""
        statement = "UPDATE requests SET channel = ?, message = ?, card = ? WHERE name = ?"
        self._database.write((statement, (channel, message, card, name)))

    def find(self, name: str) -> Request | None:
        """Return a request; None where there is none of that name."""
        rows = self._database.read((f"{_SELECT} WHERE name = ?", (name,)))
        return of_row(Request, rows[0]) if rows else None

    def approvers(self, name: str) -> tuple[str, ...]:
        """Return who has approved so far, in order."""
        query = "SELECT approver FROM approvals WHERE request = ? ORDER BY at, approver"
        return tuple(str(row[0]) for row in self._database.read((query, (name,))))

    def approve(self, name: str, approver: str, needed: int) -> bool:
        """Keep that somebody approves; return True for the one whose approval is the last that was needed.

        Args:
            name: The request.
            approver: Who.
            needed: How many different people are needed.
        """
        now = self.clock()
        mine = (name, OPEN, now)
        lock = ("UPDATE requests SET settler = settler WHERE name = ?", (name,))  # one after the other, on Postgres too
        agree = (f"{_AGREE} WHERE {_MINE} ON CONFLICT DO NOTHING", (approver, now, *mine))
        settle = (
            f"UPDATE requests SET state = ?, settler = ? WHERE {_MINE} AND {_ENOUGH} RETURNING 1",  # noqa: S608 # likewise
            (APPROVED, approver, *mine, name, needed),
        )
        return bool(self._database.write(lock, agree, settle))

    def settle(self, name: str, state: str, settler: str = "", *, before: str = OPEN) -> bool:
        """Settle a request without approving it; return True for the one who did it.

        Args:
            name: The request.
            state: What becomes of it.
            settler: Who did it; empty for none.
            before: What it must be.
        """
        statement = "UPDATE requests SET state = ?, settler = ? WHERE name = ? AND state = ? RETURNING 1"
        return bool(self._database.write((statement, (state, settler, name, before))))

    def begin(self, name: str) -> bool:
        """Keep that what was approved is begun; return False where it was given up meanwhile."""
        statement = "UPDATE requests SET state = ? WHERE name = ? AND state = ? RETURNING 1"
        return bool(self._database.write((statement, (BEGUN, name, APPROVED))))

    def forsaken(self, seconds: float) -> list[Request]:
        """Return what was approved so many seconds ago, and nobody has begun."""
        query = f"{_SELECT} WHERE state = ? AND {_LAST} <= ?"
        found = self._database.read((query, (APPROVED, self.clock() - seconds)))
        return [of_row(Request, row) for row in found]

    def expired(self) -> list[Request]:
        """Return the open requests whose time is over."""
        found = self._database.read((f"{_SELECT} WHERE state = ? AND until <= ?", (OPEN, self.clock())))
        return [of_row(Request, row) for row in found]

    def open(self) -> list[Request]:
        """Return what can still be approved, the oldest first."""
        query = f"{_SELECT} WHERE state = ? AND until > ? ORDER BY asked"
        return [of_row(Request, row) for row in self._database.read((query, (OPEN, self.clock())))]
