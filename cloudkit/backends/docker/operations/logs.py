"""The lines of all replicas of an app, merged by time."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from cloudkit.backends.docker.operations.follow import ReplicaReader
from cloudkit.backends.docker.operations.replica_log import log_lines, open_log
from cloudkit.backends.replicalogs.follow import Follow
from cloudkit.backends.replicalogs.position import Position
from cloudkit.backends.replicalogs.stamped import Stamped
from cloudkit.backends.replicalogs.targets import Target, chosen
from cloudkit.engine.errors import translate
from cloudkit.errors import NotFoundError
from cloudkit.model.log import LogLine, LogQuery

if TYPE_CHECKING:
    from docker import APIClient

__all__ = ["read_logs"]


def read_logs(
    api: APIClient, replicas: Callable[[], Sequence[Target]], query: LogQuery
) -> Generator[LogLine, None, None]:
    """Yield what replicas printed: each one's lines in their order, all of them by time.

    Args:
        api: The engine.
        replicas: Says which containers there are. While following it is asked again and again, so that new replicas
            join and removed ones leave; ``NotFoundError`` from it ends the following.
        query: Which lines. ``tail`` counts for each replica that is there at the beginning.

    Memory is bounded whatever is printed. Closing the iterator ends all that it opened.

    Raises:
        NotFoundError: There is no replica of the name that the query gives.
        BackendError: The engine failed or went away.
    """
    targets = chosen(replicas(), query)
    if query.follow:
        follow = Follow(
            lambda: chosen(replicas(), query, missing_ok=True),
            lambda target, position, merge: ReplicaReader(api, target, position, merge),
            query,
        )
        return follow.lines(targets)
    return _snapshot(api, targets, query)


def _snapshot(api: APIClient, targets: Sequence[Target], query: LogQuery) -> Generator[LogLine, None, None]:
    """Yield what is there now, one record of each replica in memory at a time."""
    with ExitStack() as feeds:
        streams = [
            feed
            for target in targets
            if (feed := _recorded(api, target, Position(query, tail=query.tail), feeds)) is not None
        ]
        for record in heapq.merge(*streams, key=lambda record: record.stamp):
            yield record.line


def _recorded(api: APIClient, target: Target, position: Position, feeds: ExitStack) -> Iterator[Stamped] | None:
    """Open a replica's log; None when the replica has gone meanwhile."""
    try:
        with translate(f"read the log of {target.name}"):
            terminal = bool(api.inspect_container(target.id)["Config"]["Tty"])
            feed = feeds.enter_context(open_log(api, target, position, follow=False))
    except NotFoundError:
        return None
    return log_lines(feed, target, terminal=terminal)
