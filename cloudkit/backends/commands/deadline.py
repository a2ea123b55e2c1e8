"""Do something about work that takes too long, while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

__all__ = ["deadline"]


@contextmanager
def deadline(seconds: float | None, act: Callable[[], None]) -> Iterator[None]:
    """Call ``act`` in another thread when the block takes longer than that; what it raises, the block's end raises.

    >>> with deadline(60, lambda: print("too late")):
    ...     pass
    """
    if seconds is None:
        yield
        return
    ended, failures = Event(), list[Exception]()

    def watch() -> None:
        if not ended.wait(seconds):
            try:
                act()
            except Exception as error:  # noqa: BLE001  it is raised where the deadline was set
                failures.append(error)

    thread = Thread(target=watch, name="cloudkit-deadline", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    if failures:
        raise failures[0]
