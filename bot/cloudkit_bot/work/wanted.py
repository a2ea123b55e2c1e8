"""What work leads to, kept so that another bot can tell whether it was begun, and go on with it; with no secret."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, cast

from cloudkit.backends.protocol import Backend
from cloudkit.model.app import AppSpec
from cloudkit.model.encode import canonical, encode
from cloudkit.model.plan import Plan

__all__ = ["Wanted", "kept", "named", "noting", "read"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Where the plan of one app starts from, and where it leads.

    Args:
        app: The app.
        generation: What it was made from.
        spec: What names the spec that it leads to; empty where the app goes.
    """

    app: str
    generation: int
    spec: str


def named(spec: AppSpec | None) -> str:
    """Return what names a spec: sha256 over it, without the values of its secrets; empty for none."""
    return sha256(canonical(encode(spec)).encode()).hexdigest() if spec is not None else ""


def kept(plans: Sequence[Plan]) -> str:
    """Return what is kept of plans; empty where there are none."""
    wanted = [Wanted(app=plan.app, generation=plan.generation, spec=named(plan.after)) for plan in plans]
    return json.dumps([asdict(one) for one in wanted]) if wanted else ""


def read(text: str) -> list[Wanted]:
    """Return what was kept."""
    return [Wanted(**one) for one in json.loads(text or "[]")]


class Noting:
    """Passes on everything; each plan is told of before it is applied."""

    def __init__(self, inner: Backend, note: Callable[[Plan], object]) -> None:
        self._inner = inner
        self._note = note

    def __getattr__(self, name: str) -> object:
        found: object = getattr(self._inner, name)
        return found

    def apply(self, plan: Plan, **given: Any) -> object:  # noqa: ANN401 # as the backend takes them
        """Tell of a plan, then do what it says."""
        self._note(plan)
        return self._inner.apply(plan, **given)


def noting(backend: Backend, note: Callable[[Plan], object]) -> Backend:
    """Return the backend with somebody who hears of each plan before it is applied, and can refuse it by an error."""
    return cast("Backend", Noting(backend, note))
