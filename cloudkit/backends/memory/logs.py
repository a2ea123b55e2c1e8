"""Lines and events as somebody asks for them: merged, cut, followed."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from cloudkit.backends.memory.journal import AppKey, Journal
from cloudkit.model.log import Event, LogLine, LogQuery

__all__ = ["events_of", "lines_of"]

T = TypeVar("T", LogLine, Event)
GLANCE = 0.05  # seconds of real time between two looks while other threads may act


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream(Generic[T]):
    """The entries of one kind that somebody asks for.

    Args:
        kind: Lines or events.
        journal: Where they stand.
        app: Whose; of the whole namespace where the name is empty.
        query: Which.
        over: True once nothing can follow.
    """

    kind: type[T]
    journal: Journal
    app: AppKey
    query: LogQuery
    over: Callable[[], bool]

    def after(self, number: int) -> Iterator[tuple[int, T]]:
        """Return what came after entry ``number``."""
        namespace, name = self.app
        for entry in self.journal.after(number):
            content, mine = entry.content, entry.app == self.app or (entry.app[0] == namespace and not name)
            if mine and isinstance(content, self.kind) and self._wants(content):
                yield entry.number, content

    def follow(self, last: int) -> Iterator[T]:
        """Return what comes, letting time pass meanwhile."""
        while True:
            for number, content in self.after(last):
                last = number
                yield content
            if self.over() or self._past() or not self._wait(last):
                return

    def _wants(self, content: LogLine | Event) -> bool:
        query, thing = self.query, content.replica if isinstance(content, LogLine) else content.object
        return (
            query.replica in {None, thing}
            and (query.since is None or content.time >= query.since)
            and (query.until is None or content.time <= query.until)
        )

    def _past(self) -> bool:
        return self.query.until is not None and self.journal.clock.now > self.query.until

    def _wait(self, last: int) -> bool:
        """Let time pass until there may be more; False when nothing is due and no other thread could act."""
        if any(self.after(last)) or self.journal.clock.skip():
            return True
        if threading.active_count() == 1:
            return False
        with self.journal.changed:
            self.journal.changed.wait(GLANCE)
        return True


def lines_of(
    journal: Journal,
    app: AppKey,
    query: LogQuery,
    *,
    replicas: Callable[[], Mapping[str, int]],
    over: Callable[[], bool],
) -> Iterator[LogLine]:
    """Return what the replicas of an app printed; lines go with their replica.

    Args:
        journal: Where they stand.
        app: Whose.
        query: Which.
        replicas: Names those there, each with the last entry before it was made.
        over: True once nothing can follow.
    """
    stream = Stream(kind=LogLine, journal=journal, app=app, query=query, over=over)
    with journal.clock.lock:
        last, there = journal.last, replicas()
        past = [line for number, line in stream.after(0) if number > there.get(line.replica, number)]
    yield from past if query.tail is None else _tails(past, query.tail)
    if query.follow:
        yield from stream.follow(last)


def events_of(journal: Journal, app: AppKey, query: LogQuery, *, over: Callable[[], bool]) -> Iterator[Event]:
    """Return what happened to an app; to all of its namespace where its name is empty."""
    stream = Stream(kind=Event, journal=journal, app=app, query=query, over=over)
    with journal.clock.lock:
        last = journal.last
        past = [event for _, event in stream.after(0)]
    yield from past if query.tail is None else past[len(past) - min(query.tail, len(past)) :]
    if query.follow:
        yield from stream.follow(last)


def _tails(lines: list[LogLine], count: int) -> list[LogLine]:
    """Return the last lines of each replica, still in order."""
    tails: dict[str, deque[LogLine]] = {}
    for line in lines:
        tails.setdefault(line.replica, deque(maxlen=count)).append(line)
    kept = {id(line) for tail in tails.values() for line in tail}
    return [line for line in lines if id(line) in kept]
