"""What a call comes to: its result, or the refusal that it ends in."""

from __future__ import annotations

from collections.abc import Callable

from cloudkit.errors import UsageError

__all__ = ["outcome"]


def outcome(call: Callable[[], object]) -> object:
    """Return what a call returns, or the ``UsageError`` that it raises; any other error goes on."""
    try:
        return call()
    except UsageError as error:
        return error
