"""A few independent calls of the engine at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

__all__ = ["THREADS", "in_parallel"]

R = TypeVar("R")
THREADS = 4  # what an engine does at once to good effect


def in_parallel(work: Sequence[Callable[[], R]]) -> list[R]:
    """Do independent pieces of work at once; the first error counts, after all have ended.

    An interrupt begins nothing more and does not wait for what is under way.

    >>> in_parallel([lambda: 1, lambda: 2])
    [1, 2]
    """
    if len(work) < 2:
        return [one() for one in work]
    pool = ThreadPoolExecutor(THREADS)
    try:
        futures = [pool.submit(one) for one in work]
        wait(futures)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return [future.result() for future in futures]
