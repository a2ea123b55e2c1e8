"""What the journal tells: entries, what was wanted at a time, and what differs between two times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cloudkit.model.app import AppSpec
from cloudkit.model.frozen import chosen
from cloudkit.model.plain import plain
from cloudkit.model.rows import pretty

__all__ = ["RUNNING", "UNKNOWN", "Difference", "Entry", "Wanted"]

RUNNING, UNKNOWN = "running", "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One operation, as the journal has it.

    Args:
        number: Its number; a later entry has a higher one, whatever the clock says.
        begun_at: When it began, by the clock of the machine that it ran on.
        verb: What was done.
        app: To which app; empty for what is of none.
        backend: On what kind of backend.
        namespace: In which namespace.
        identity: Who asked.
        origin: Through what: ``prompt``, ``script``, ``shell``, ``chat`` or ``controller``.
        host: The machine that it ran on.
        pid: The process that it ran in.
        arguments: What was given, secrets as ``***``.
        plan: The digest of the plan; empty for what has none.
        outcome: ``ok``, the code of its error, ``interrupted``, ``running``, or ``unknown`` where no end was noted.
        error: What the error said.
        duration: Seconds from its start to its end; None while there is no end.
        generation: The generation that it started from; None for what changes no spec.
        reached: The generation that was there at its end; 0 where the app was gone, None where it is not known.
        revision: The revision that was wanted then.
        image: The digest of the image that it was about.
        changed: True when another spec was wanted after it than before.
        undoes: The number of the entry that it undid.
        source: What names the request, such as the identifiers of a chat's channel and message.
        note: What is to be said besides, such as what became of an operation whose process was killed.
    """

    number: int
    begun_at: datetime
    verb: str
    app: str = ""
    backend: str
    namespace: str
    identity: str
    origin: str
    host: str
    pid: int
    arguments: Mapping[str, str] = field(default_factory=dict, hash=False)
    plan: str = ""
    outcome: str
    error: str = ""
    duration: float | None = None
    generation: int | None = None
    reached: int | None = None
    revision: int | None = None
    image: str = ""
    changed: bool = False
    undoes: int | None = None
    source: Mapping[str, str] = field(default_factory=dict, hash=False)
    note: str = ""

    __repr__ = chosen
    _repr_pretty_ = pretty

    @property
    def words(self) -> str:
        """The call in a line, such as ``scale web replicas=3``."""
        given = (f"{name}={value}" for name, value in self.arguments.items() if (name, value) != ("name", self.app))
        return plain(" ".join((self.verb, *filter(None, (self.app,)), *given)))

    def __str__(self) -> str:
        """Return one line: the number, when, the call, who, how it ended."""
        took = f" in {self.duration:.1f} s" if self.duration is not None else ""
        said = "".join(f"; {plain(one)}" for one in (self.error, self.note) if one)
        asked = f"{self.begun_at:%Y-%m-%d %H:%M:%S%z} {self.words}, by {plain(self.identity)} ({self.origin})"
        return f"{self.number} {asked}: {self.outcome}{took}{said}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was wanted of an app at a time.

    Args:
        spec: What was wanted; values of secrets are lost, as the journal holds none.
        since: When it was asked for; None where that was before the journal, or not through it.
        entry: The number of the entry that asked for it.
        note: What is to be said besides.
    """

    spec: AppSpec
    since: datetime | None = None
    entry: int | None = None
    note: str = ""

    __repr__ = chosen

    @property
    def name(self) -> str:
        """The app's name."""
        return self.spec.name

    def __str__(self) -> str:
        """Return one line, such as ``web 3 x web:1@0123456789ab since 2026-01-31 14:05:00+00:00``."""
        since = f" since {self.since:%Y-%m-%d %H:%M:%S%z}" if self.since else ""
        note = f", {plain(self.note)}" if self.note else ""
        return f"{self.name} {self.spec.replicas} x {self.spec.image.brief}{since}{note}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What differs in what was wanted of an app at two times.

    Args:
        name: The app's name.
        earlier: The first time.
        later: The second time.
        before: What was wanted at the first; None when the app was not there.
        after: What was wanted at the second; None when it was gone.
        entries: What the journal has of the app between the two.
    """

    name: str
    earlier: datetime
    later: datetime
    before: AppSpec | None
    after: AppSpec | None
    entries: tuple[Entry, ...] = ()

    __repr__ = chosen

    @property
    def lines(self) -> tuple[str, ...]:
        """The fields that differ, in the manner of a unified diff; secrets are ``***``."""
        from cloudkit.model.diff import changed_lines

        changed = changed_lines(self.before, self.after)[2:]
        old, new = (f"{self.name}, {time:%Y-%m-%d %H:%M:%S%z}" for time in (self.earlier, self.later))
        before, after = (text if spec else "nothing" for text, spec in ((old, self.before), (new, self.after)))
        return (f"--- {before}", f"+++ {after}", *changed)

    def __str__(self) -> str:
        """Return the differing fields, and below them who changed what."""
        return "\n".join((*self.lines, *(f"  {entry}" for entry in self.entries)))
