"""Who asks: what a front end says, else what this process is."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from cloudkit.model.caller import Caller, Origin

__all__ = ["acting", "who"]

_ACTING: ContextVar[Caller | None] = ContextVar("cloudkit_caller", default=None)


@contextmanager
def acting(caller: Caller) -> Iterator[None]:
    """Let what this thread does in the block be done for somebody."""
    token = _ACTING.set(caller)
    try:
        yield
    finally:
        _ACTING.reset(token)


def who(given: Caller) -> tuple[str, Origin, Mapping[str, str]]:
    """Return the identity, the origin and the source of what this thread does now.

    Args:
        given: What is said of all that the connection is used for.
    """
    acts = _ACTING.get() or given
    source = acts.source or given.source
    return acts.identity or given.identity or _user(), acts.origin or given.origin or _origin(), source


def _user() -> str:
    """Return the operating system's user; who became another one by sudo is named beside it."""
    import pwd

    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        name = f"user {os.geteuid()}"
    before = os.environ.get("SUDO_USER", "")
    return f"{name} (sudo by {before})" if before and before != name else name


def _origin() -> Origin:
    interactive = hasattr(sys, "ps1") or sys.flags.interactive or ("IPython" in sys.modules and _in_ipython())
    return Origin.PROMPT if interactive else Origin.SCRIPT


def _in_ipython() -> bool:
    shell = getattr(sys.modules["IPython"], "get_ipython", lambda: None)
    return shell() is not None
