"""What a user's own call was given, for whoever notes what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

__all__ = ["GivenCall", "given_call", "noted"]

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class GivenCall:
    """A method and what it was given, its handle among it."""

    method: Callable[..., Any]
    positional: tuple[Any, ...]
    keywords: Mapping[str, Any]


_CALLS: ContextVar[tuple[GivenCall, ...]] = ContextVar("cloudkit_given_calls", default=())


def given_call(name: str) -> GivenCall | None:
    """Return the outermost call of that name among the noted ones that this thread is in, else the outermost one."""
    calls = _CALLS.get()
    named = (call for call in calls if call.method.__name__ == name)
    return next(named, calls[0] if calls else None)


def noted(method: Callable[P, R]) -> Callable[P, R]:
    """Keep what a method is given in reach while it runs.

    >>> @noted
    ... def scale(replicas: int) -> object:
    ...     return given_call("scale")
    >>> scale(3).positional
    (3,)
    """

    @wraps(method)
    def call(*positional: P.args, **keywords: P.kwargs) -> R:
        token = _CALLS.set((*_CALLS.get(), GivenCall(method, positional, keywords)))
        try:
            return method(*positional, **keywords)
        finally:
            _CALLS.reset(token)

    return call
