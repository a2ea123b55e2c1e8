"""What happened to the containers of an app, or of all, and what happens from now on."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cloudkit.backends.docker.labels import selector
from cloudkit.backends.docker.operations.happenings import ACTIONS, Happenings
from cloudkit.backends.docker.operations.streams import open_feed
from cloudkit.backends.replicalogs.stamps import nanoseconds, parse_stamp, seconds
from cloudkit.engine.errors import translate
from cloudkit.errors import BackendError
from cloudkit.model.log import Event, LogQuery

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["objects", "read_events"]

CONTEXT = 120 * 10**9
"""Nanoseconds that are read before what is wanted, so that an ending is known to have been asked for."""
OBJECT_LIMIT = 1 << 20
"""Bytes of one event; an engine that sends more is not understood."""


def read_events(api: APIClient, namespace: str, app: str | None, query: LogQuery) -> Generator[Event, None, None]:
    """Yield what happened to an app's containers, or to all of the namespace, oldest first.

    The engine remembers its last 256 events. ``tail`` counts all events together. Following without ``since`` and
    ``tail`` begins now.

    Raises:
        BackendError: The engine failed or went away.
    """
    with translate("read the engine's clock"):
        now = parse_stamp(str(api.info()["SystemTime"]).encode()) or nanoseconds(datetime.now(UTC))
    reading = _Reading(api, namespace, app, query)
    yield from reading.past(now)
    if query.follow:
        yield from reading.coming(now)


class _Reading:
    """One reading of events: the past, then what comes, with one memory of what was asked for."""

    def __init__(self, api: APIClient, namespace: str, app: str | None, query: LogQuery) -> None:
        self._api = api
        self._query = query
        self._happenings = Happenings(namespace)
        filters = {"label": selector(namespace, app=app), "type": ["container"], "event": list(ACTIONS)}
        self._filters = json.dumps(filters)

    def past(self, now: int) -> Iterator[Event]:
        """Yield what has happened until now and is wanted."""
        query = self._query
        begin = nanoseconds(query.since) if query.since else (now if query.follow and query.tail is None else 0)
        until = min(now, nanoseconds(query.until)) if query.until else now
        events = self._events(max(0, begin - CONTEXT), until)
        wanted = (event for stamp, event in events if begin <= stamp <= until)
        yield from wanted if query.tail is None else deque(wanted, maxlen=query.tail)

    def coming(self, now: int) -> Iterator[Event]:
        """Yield what happens from now on."""
        until = nanoseconds(self._query.until) if self._query.until else None
        if until is not None and until <= now:
            return
        for stamp, event in self._events(now, until):
            if stamp > now:
                yield event
        if until is None:
            raise BackendError("the engine has ended its stream of events", hint="cloudkit doctor")

    def _events(self, since: int, until: int | None) -> Iterator[tuple[int, Event]]:
        params = {"filters": self._filters, "since": seconds(since)}
        if until is not None:
            params["until"] = seconds(until)
        with translate("read events"):
            feed = open_feed(self._api, "events", params=params)
        with feed:
            for raw in objects(feed):
                event = self._happenings.read(raw)
                if event is not None and self._query.replica in {None, event.object}:
                    yield int(raw.get("timeNano") or 0), event


def objects(chunks: Iterable[bytes]) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a stream that has one on each line, however the chunks cut it.

    >>> list(objects([b'{"a": 1}\\n{"a"', b": 2}\\n"]))
    [{'a': 1}, {'a': 2}]
    """
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > OBJECT_LIMIT:
            raise BackendError(f"the engine sent an event of more than {OBJECT_LIMIT} bytes")
        for line in lines:
            if line.strip():
                yield _object(line)


def _object(line: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise BackendError(
            "the engine sent an event that is no JSON", evidence=[line[:200].decode(errors="replace")]
        ) from error
    if not isinstance(value, dict):
        raise BackendError("the engine sent an event that is no object", evidence=[str(value)[:200]])
    return value
