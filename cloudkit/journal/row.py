"""One operation as it is kept: plain values, one for each column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

__all__ = ["COLUMNS", "Place", "Row"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What an entry is about: the apps of one namespace of one engine or cluster.

    Args:
        backend: Its kind.
        endpoint: Where it is; with the machine's name where that address means another engine elsewhere.
        namespace: The namespace.
    """

    backend: str
    endpoint: str
    namespace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One operation.

    Args:
        number: Given by the store, in the order in which operations begin.
        begun: Microseconds since the epoch, by the writer's clock.
        ended: The same; None while no end is noted.
        seconds: How long it took, by a clock that does not jump.
        backend: Where, as ``Place`` has it.
        endpoint: Likewise.
        namespace: Likewise.
        verb: What was done.
        app: To which app.
        identity: Who asked.
        origin: Through what.
        host: The writer's machine.
        pid: The writer's process.
        process: What tells that process from a later one of the same number.
        arguments: What was given, redacted: JSON.
        plan: The plan's digest; empty for what has none.
        generation: The plan's generation.
        before: The digest of the spec that was wanted; None when the app was not there.
        after: The digest of the spec that the plan leads to; None when the app goes.
        found_revision: The revision that was there before; None where nobody looked.
        found_ready: 1 when that revision was as wanted before.
        outcome: How it ended; None while no end is noted.
        error: What the error said.
        settled: 1 when what was wanted afterwards is known.
        reached: The generation afterwards; 0 when the app was gone.
        wanted: The digest of the spec that was wanted afterwards; None when the app was gone.
        revision: The revision that was wanted afterwards.
        ready: 1 when that revision was as wanted then, 0 when it was not; None where nobody waited.
        image: The digest of the image that it was about.
        undoes: The number of the entry that it undoes.
        source: What names the request: JSON.
    """

    number: int = 0
    begun: int
    ended: int | None = None
    seconds: float | None = None
    backend: str
    endpoint: str
    namespace: str
    verb: str
    app: str = ""
    identity: str
    origin: str
    host: str
    pid: int
    process: str = ""
    arguments: str = "{}"
    plan: str = ""
    generation: int | None = None
    before: str | None = None
    after: str | None = None
    found_revision: int | None = None
    found_ready: int | None = None
    outcome: str | None = None
    error: str = ""
    settled: int = 0
    reached: int | None = None
    wanted: str | None = None
    revision: int | None = None
    ready: int | None = None
    image: str = ""
    undoes: int | None = None
    source: str = "{}"

    @classmethod
    def of(cls, values: Sequence[object]) -> Row:
        """Return the row that a store gave as values in the order of ``COLUMNS``."""
        named: Mapping[str, object] = dict(zip(COLUMNS, values, strict=True))
        return cls(**named)  # type: ignore[arg-type]  # the columns have the types of the fields

    @property
    def changed(self) -> bool:
        """True when another spec was wanted after it than before, as far as that is known."""
        return bool(self.plan and self.settled) and self.wanted != self.before and self.outcome != "conflict"


COLUMNS = tuple(field.name for field in fields(Row))
