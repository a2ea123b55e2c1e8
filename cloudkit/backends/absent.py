"""The error of a replica that is not there, in the same words on every engine."""

from __future__ import annotations

from collections.abc import Iterable

from cloudkit.errors import NotFoundError

__all__ = ["no_replica"]


def no_replica(app: str, replica: str | None, there: Iterable[str], *, stopped: bool) -> NotFoundError:
    """Return the error of an app that has not got the replica that is asked for, or none that runs.

    Args:
        app: The app.
        replica: The one that is asked for; None for any that runs.
        there: The names of those that are there.
        stopped: True when the app is stopped, so that none runs.

    >>> print(no_replica("web", None, [], stopped=True))
    there is no running replica of app 'web': it is stopped
      try: cloudkit start web
    """
    if stopped and replica is None:
        message = f"there is no running replica of app {app!r}: it is stopped"
        return NotFoundError(message, hint=f"cloudkit start {app}")
    what = f"replica {replica!r}" if replica else "running replica"
    names = ", ".join(there) or "none"
    return NotFoundError(f"there is no {what} of app {app!r}; there are: {names}", hint=f"cloudkit status {app}")
