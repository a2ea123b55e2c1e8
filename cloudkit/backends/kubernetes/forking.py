"""What a forked process must forget: threads do not come along, and open connections are its parent's."""

from __future__ import annotations

import os
from collections.abc import Callable
from weakref import WeakMethod

__all__ = ["in_child"]

_METHODS: list[WeakMethod[Callable[[], None]]] = []


def in_child(method: Callable[[], None]) -> None:
    """Call an object's method in each process that is forked while the object lives."""
    _METHODS[:] = [one for one in _METHODS if one() is not None]
    _METHODS.append(WeakMethod(method))


def _forked() -> None:
    for one in _METHODS:
        if (method := one()) is not None:
            method()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
