"""Work that a bot has left, brought to its end by another: what was begun is finished, nothing is begun again.

A change is recorded by its backend before anything else is done, with a new generation. So what is seen tells where the
bot was ended: nothing recorded, and nothing was done; recorded as it was wanted, and applying the very same spec again
does what is missing; anything else, and somebody has changed the app since.
"""

from __future__ import annotations

from collections.abc import Sequence

from cloudkit.backends.protocol import Backend
from cloudkit.errors import ConflictError, NotFoundError
from cloudkit.model.progress import Listener
from cloudkit.model.state import AppState
from cloudkit_bot.work.wanted import Wanted, named

__all__ = ["NEVER", "NotBegun", "Unsure", "standing", "taken_up"]

NEVER = "the bot was ended before it began: nothing was done, and the same line does it"


class Unsure(Exception):  # noqa: N818 # what became of work
    """It cannot be told what was done."""


class NotBegun(Exception):  # noqa: N818 # what became of work
    """Nothing was done."""


def taken_up(backend: Backend, wanted: Sequence[Wanted], listener: Listener) -> list[AppState]:
    """Finish what was begun, and return what is there now of the apps that stay.

    Args:
        backend: Where the apps are.
        wanted: What the work leads to.
        listener: Hears of it.

    Raises:
        NotBegun: Nothing was done, of none of them.
        ConflictError: An app was changed by others since.
        RolloutError: It does not become ready.
    """
    found = [(one, state_of(backend, one.app)) for one in wanted]
    if all(one.spec and not begun(one, state) for one, state in found):
        raise NotBegun
    states = [finished(backend, one, state, listener) for one, state in found]
    return [state for state in states if state is not None]


def begun(wanted: Wanted, state: AppState | None) -> bool:
    """Tell whether a change was recorded, or the app is no longer what it was planned from."""
    if state is None:
        return wanted.generation != 0
    return state.generation != wanted.generation or named(state.spec) == wanted.spec


def finished(backend: Backend, wanted: Wanted, state: AppState | None, listener: Listener) -> AppState | None:
    if not wanted.spec:
        remove(backend, wanted, listener)
        return None
    if state is None or named(state.spec) != wanted.spec:
        message = f"app {wanted.app!r} is not what was wanted when the bot was ended; it was left as it is"
        raise ConflictError(message, hint=f"cloudkit status {wanted.app}")
    return backend.apply(backend.plan(state.spec), listener=listener) or state


def remove(backend: Backend, wanted: Wanted, listener: Listener) -> None:
    plan = backend.plan_delete(wanted.app)
    if not plan.empty and plan.generation != wanted.generation:
        message = f"app {wanted.app!r} was changed by others since it was to be removed; it was left as it is"
        raise ConflictError(message, hint=f"cloudkit status {wanted.app}")
    backend.apply(plan, listener=listener)


def state_of(backend: Backend, app: str) -> AppState | None:
    try:
        return backend.get(app)
    except NotFoundError:
        return None


def standing(backend: Backend, apps: Sequence[str]) -> list[AppState]:
    """Return what stands now of some apps."""
    return [state for state in (state_of(backend, app) for app in apps) if state is not None]
