"""What a verb gives bit by bit, read for a while: a chat has no end of the line at which one would press Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any

__all__ = ["gathered"]

MOST = 5_000  # items
LOOK = 0.1  # seconds between two looks whether it is time to stop


def gathered(
    items: Iterator[Any], *, seconds: float, stopping: Callable[[], bool] = lambda: False, most: int = MOST
) -> tuple[list[Any], bool]:
    """Read a stream until its end, for some seconds, or until somebody stops it.

    Args:
        items: The stream.
        seconds: How long it is read at the most.
        stopping: Says whether somebody has stopped it.
        most: How many items are read at the most.

    Returns:
        The items that came, and whether that was all.

    >>> gathered(iter([1, 2, 3]), seconds=5)
    ([1, 2, 3], True)
    """
    queue: SimpleQueue[tuple[str, Any]] = SimpleQueue()
    enough = Event()
    Thread(target=read, args=(items, queue, enough), name="cloudkit-bot-stream", daemon=True).start()
    ends, found = time.monotonic() + seconds, list[Any]()
    try:
        while len(found) < most and not stopping() and time.monotonic() < ends:
            try:
                kind, value = queue.get(timeout=LOOK)
            except Empty:
                continue
            if kind == "end":
                return found, True
            if kind == "error":
                raise value
            found.append(value)
    finally:
        enough.set()
    return found, False


def read(items: Iterator[Any], queue: SimpleQueue[tuple[str, Any]], enough: Event) -> None:
    """Read until the end, or until nobody wants more; a stream that is left is closed."""
    try:
        for item in items:
            queue.put(("item", item))
            if enough.is_set():
                break
        queue.put(("end", None))
    except Exception as error:  # noqa: BLE001 # it is raised where the items are wanted
        queue.put(("error", error))
    finally:
        close = getattr(items, "close", None)
        if close is not None:
            close()
