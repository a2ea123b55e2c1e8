"""Ctrl-C while a change is waited for: the wait ends, the change does not, and a text says how to wait again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cloudkit.backends.healing import Healable
from cloudkit.backends.protocol import Backend
from cloudkit.errors import Detached
from cloudkit.model.app import AppSpec
from cloudkit.model.progress import silent

__all__ = ["detachable"]


@contextmanager
def detachable(backend: Backend, name: str, wanted: AppSpec | None = None) -> Iterator[None]:
    """Turn Ctrl-C into the news that the wait has ended and nothing was undone.

    Args:
        backend: Where the app is.
        name: The app.
        wanted: What the change leads to; None where somebody else makes it, and this one only looks.

    Raises:
        Detached: The block was interrupted.
    """
    try:
        yield
    except Detached:
        raise
    except KeyboardInterrupt as interrupt:
        hint = f"cloudkit wait {name}"
        if wanted is None:
            raise Detached(f"app {name!r}: the wait has ended; nothing was changed by that", hint=hint) from interrupt
        if isinstance(backend, Healable):
            message = f"app {name!r}: the wait has ended; what was done stands, and the same call goes on with the rest"
            raise Detached(message, hint=hint, carry_on=lambda: carry_on(backend, wanted)) from interrupt
        message = f"app {name!r}: the wait has ended; {backend.name} goes on with the change"
        raise Detached(message, hint=hint) from interrupt


def carry_on(backend: Backend, wanted: AppSpec) -> None:
    """Bring what was begun to its end, unless somebody wants something else by now."""
    if backend.get(wanted.name).spec == wanted:
        backend.apply(backend.plan(wanted), wait=True, listener=silent)
