"""Work that goes on. Who does it holds a lease; when that is over, one other may take it up."""

from __future__ import annotations

from dataclasses import dataclass

from cloudkit_bot.store.table import Table
from cloudkit_bot.store.tables import added, columns, of_row

__all__ = ["ENDED", "RUNNING", "Work", "Works"]

RUNNING, ENDED = "running", "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One piece of work.

    Args:
        name: What names it, also in its buttons.
        line: The line as it is shown, without the values of options.
        asker: Who asked.
        team: Their workspace.
        enterprise: The organisation of the workspace.
        channel: Where its message is.
        thread: The message that it is below; empty outside a thread.
        message: The message; empty until it is posted.
        digest: The digest of the plan; empty for what has none.
        begun: When, in seconds since the epoch.
        owner: What names the bot that does it.
        until: When its lease ends.
        state: ``running`` or ``ended``.
        outcome: How it ended, in words; empty while it goes on.
        wanted: What its plans lead to, so that another can go on with it; empty for what has none.
        halted: 1 once somebody has stopped it.
    """

    name: str
    line: str
    asker: str
    team: str
    enterprise: str = ""
    channel: str
    thread: str = ""
    message: str = ""
    digest: str = ""
    begun: float
    owner: str
    until: float
    state: str = RUNNING
    outcome: str = ""
    wanted: str = ""
    halted: int = 0


_SELECT = f"SELECT {columns(Work)} FROM works"  # noqa: S608 # names of our own


class Works(Table):
    """The table of works."""

    def begin(self, work: Work) -> bool:
        """Keep new work, before it is begun; return True for the first that has it under its name."""
        statement, values = added("works", work)
        return bool(self._database.write((f"{statement} ON CONFLICT DO NOTHING RETURNING 1", values)))

    def intend(self, name: str, line: str, digest: str, wanted: str) -> None:
        """Keep what work is about to do, before it does it."""
        statement = "UPDATE works SET line = ?, digest = ?, wanted = ? WHERE name = ?"
        self._database.write((statement, (line, digest, wanted, name)))

    def halt(self, name: str) -> bool:
        """Keep that somebody has stopped work, whoever does it; return True where it goes on."""
        statement = ("UPDATE works SET halted = 1 WHERE name = ? AND state = ? RETURNING 1", (name, RUNNING))
        return bool(self._database.write(statement))

    def mine(self, owner: str) -> list[Work]:
        """Return what an owner does."""
        found = self._database.read((f"{_SELECT} WHERE owner = ? AND state = ?", (owner, RUNNING)))
        return [of_row(Work, row) for row in found]

    def release(self, name: str, owner: str, nobody: str) -> None:
        """Let go of work that another is to go on with.

        Args:
            name: The work.
            owner: Who has it.
            nobody: What its owner is called until another takes it.
        """
        statement = "UPDATE works SET until = 0, owner = ? WHERE name = ? AND owner = ? AND state = ?"
        self._database.write((statement, (nobody, name, owner, RUNNING)))

    def place(self, name: str, channel: str, message: str) -> None:
        """Keep where its message is."""
        self._database.write(("UPDATE works SET channel = ?, message = ? WHERE name = ?", (channel, message, name)))

    def find(self, name: str) -> Work | None:
        """Return work; None where there is none of that name."""
        rows = self._database.read((f"{_SELECT} WHERE name = ?", (name,)))
        return of_row(Work, rows[0]) if rows else None

    def running(self) -> list[Work]:
        """Return what has not ended, the oldest first."""
        found = self._database.read((f"{_SELECT} WHERE state = ? ORDER BY begun", (RUNNING,)))
        return [of_row(Work, row) for row in found]

    def left(self) -> list[Work]:
        """Return what has not ended and has nobody any more, the oldest first."""
        query = f"{_SELECT} WHERE state = ? AND until <= ? ORDER BY begun"
        return [of_row(Work, row) for row in self._database.read((query, (RUNNING, self.clock())))]

    def renew(self, owner: str, seconds: float) -> None:
        """Hold the lease of all that an owner does for some seconds more."""
        statement = "UPDATE works SET until = ? WHERE owner = ? AND state = ?"
        self._database.write((statement, (self.clock() + seconds, owner, RUNNING)))

    def claim(self, name: str, owner: str, seconds: float) -> bool:
        """Take work that has nobody any more; return True for the one who got it."""
        now = self.clock()
        statement = (
            "UPDATE works SET owner = ?, until = ? WHERE name = ? AND state = ? AND until <= ? RETURNING 1",
            (owner, now + seconds, name, RUNNING, now),
        )
        return bool(self._database.write(statement))

    def end(self, name: str, owner: str, outcome: str) -> bool:
        """Keep that work has ended; return True for the first that says so while it is the owner."""
        statement = (
            "UPDATE works SET state = ?, outcome = ? WHERE name = ? AND owner = ? AND state = ? RETURNING 1",
            (ENDED, outcome, name, owner, RUNNING),
        )
        return bool(self._database.write(statement))

    def forget(self, before: float) -> None:
        """Forget what has ended and was begun before a time."""
        self._database.write(("DELETE FROM works WHERE state = ? AND begun < ?", (ENDED, before)))
