"""What was approved is what is applied: a plan that was not shown is refused where it would act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from cloudkit.backends.protocol import Backend
from cloudkit.errors import ConflictError, NotFoundError
from cloudkit.model.plan import Plan

__all__ = ["agreed", "bound", "origin"]

AGAIN = "again"


def bound(plans: Sequence[Plan]) -> str:
    """Return what names all that would be done.

    A restart's token is made anew whenever one plans, so that only that there is one is part of it.
    """
    return ",".join(one(plan) for plan in plans)


def one(plan: Plan) -> str:
    before, after = plan.before, plan.after
    if before is None or after is None or after.restarted == before.restarted:
        return plan.digest
    return replace(plan, after=after.replace(restarted=AGAIN)).digest


def origin(backend: Backend, app: str) -> str:
    """Return what names the world where no plan can be made before: the app's generation; 0 where it is not there."""
    if not app:
        return "from 0"
    try:
        return f"from {backend.get(app).generation}"
    except NotFoundError:
        return "from 0"


class Agreed:
    """Passes all on to a backend but a plan that nobody agreed to.

    Args:
        inner: The backend.
        digest: What was agreed to, as ``bound`` or ``origin`` names it.
    """

    __slots__ = ("_digest", "_inner")

    def __init__(self, inner: Backend, digest: str) -> None:
        self._inner = inner
        self._digest = digest

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 # whatever the backend has
        return getattr(self._inner, name)

    def apply(self, plan: Plan, **options: Any) -> Any:  # noqa: ANN401 # the backend's own
        """Make a plan true.

        Raises:
            ConflictError: It is another one than was agreed to.
        """
        if not plan.empty and one(plan) not in self._digest.split(",") and f"from {plan.generation}" != self._digest:
            message = f"app {plan.app!r} has changed since its plan was approved, so nothing was done"
            raise ConflictError(message, hint="send the line again")
        return self._inner.apply(plan, **options)


def agreed(backend: Backend, digest: str) -> Backend:
    """Return a backend that applies only what was agreed to."""
    return cast("Backend", Agreed(backend, digest))
