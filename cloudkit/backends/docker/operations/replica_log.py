"""Read one replica's log from a position on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cloudkit.backends.docker.operations.frames import demultiplex, whole
from cloudkit.backends.docker.operations.loglines import read_lines
from cloudkit.backends.docker.operations.streams import Feed, open_feed
from cloudkit.backends.replicalogs.position import Position
from cloudkit.backends.replicalogs.stamped import Stamped
from cloudkit.backends.replicalogs.stamps import nanoseconds, seconds
from cloudkit.backends.replicalogs.targets import Target

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["log_lines", "open_log", "parameters"]


def parameters(position: Position, *, follow: bool) -> dict[str, Any]:
    """Return what to ask the engine for."""
    words: dict[str, Any] = {"stdout": 1, "stderr": 1, "timestamps": 1, "follow": int(follow)}
    start = position.begin()
    if position.query.until is not None:
        words["until"] = seconds(nanoseconds(position.query.until))
    if start.tail is not None:
        words["tail"] = str(start.tail)
    if start.since is not None:
        words["since"] = seconds(start.since)
    return words


def open_log(api: APIClient, target: Target, position: Position, *, follow: bool) -> Feed:
    """Ask the engine for a replica's log from a position on."""
    return open_feed(api, "containers", target.id, "logs", params=parameters(position, follow=follow))


def log_lines(feed: Feed, target: Target, *, terminal: bool) -> Iterator[Stamped]:
    """Yield the lines of an opened log."""
    pieces = whole(feed) if terminal else demultiplex(feed)
    return read_lines(pieces, target.name, framed=not terminal)
