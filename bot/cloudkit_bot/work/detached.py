"""Work on a thread of its own, so that who waits for it can stop waiting though it tells nothing of itself."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from threading import Thread
from typing import Generic, TypeVar

__all__ = ["Stopped", "attended"]

T = TypeVar("T")
LOOK = 0.1  # seconds between two looks whether it is to stop
GRACE = 5.0  # seconds in which what was stopped may end by itself


class Stopped(BaseException):  # as KeyboardInterrupt: no error, and nothing but an end takes it
    """Somebody has stopped the work: what was done stands, and the same line goes on."""


class Errand(Generic[T]):
    """One call, and what became of it."""

    def __init__(self, act: Callable[[], T]) -> None:
        self.act = act
        self.result: list[T] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        """Make the call."""
        try:
            self.result.append(self.act())
        except BaseException as error:  # noqa: BLE001 # it is raised where it is waited for
            self.error = error


def attended(act: Callable[[], T], stopping: Callable[[], bool], *, grace: float = GRACE) -> T:
    """Do something, and wait for its end; where it was stopped and does not end, leave it to itself.

    Args:
        act: What is done; it sees the context of who calls.
        stopping: Says whether somebody has stopped it.
        grace: Seconds in which it may end by itself then.

    Raises:
        Stopped: It was left to itself.

    >>> attended(lambda: 7, lambda: False)
    7
    """
    errand, context = Errand(act), copy_context()
    thread = Thread(target=lambda: context.run(errand.run), name="cloudkit-bot-work", daemon=True)
    thread.start()
    left = grace
    while thread.is_alive():
        thread.join(LOOK)
        left -= LOOK if stopping() else 0.0
        if left <= 0 and thread.is_alive():
            raise Stopped
    if errand.error is not None:
        raise errand.error
    return errand.result[0]
