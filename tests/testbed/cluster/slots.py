"""Slots: a running cluster holds one by a lock, so that clusters of several checkouts and users stay apart.

The lock goes with the process that holds it, however that ends. So a slot that is free and still has a folder was
left by a run that was killed, and whoever comes next takes down what is left there.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from testbed.cluster.layout import ROOT, SLOTS, Layout
from testbed.cluster.sweep import sweep

__all__ = ["sweep_killed", "taken"]


@contextmanager
def taken(size: int) -> Iterator[Layout]:
    """Hold a slot that no other cluster has; nothing of the cluster is left afterwards."""
    ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
    sweep_killed()
    for number in range(SLOTS):
        layout = Layout(number, size)
        with locked(layout) as free:
            if free:
                try:
                    sweep(layout)
                    layout.folder.mkdir(mode=0o755)
                    yield layout
                finally:
                    sweep(layout)
                return
    raise RuntimeError(f"{SLOTS} clusters run on this machine now")


def sweep_killed() -> None:
    """Take down what clusters have left that were killed."""
    for number in range(SLOTS):
        layout = Layout(number)
        if layout.folder.exists():
            with locked(layout) as free:
                if free:
                    print("taking down a cluster that was killed:", layout.folder.name, flush=True)
                    sweep(layout)


@contextmanager
def locked(layout: Layout) -> Iterator[bool]:
    """Hold a slot's lock; yield False where another process holds it."""
    with layout.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
