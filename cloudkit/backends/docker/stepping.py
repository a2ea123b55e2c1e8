"""The next step of a roll, by the kind of the app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cloudkit.backends.docker.ordered import ordered_step
from cloudkit.backends.docker.steps import Member, Step, next_step

if TYPE_CHECKING:
    from cloudkit.model.app import AppSpec

__all__ = ["step_towards"]


def step_towards(spec: AppSpec, revision: int, members: Sequence[Member]) -> Step:
    """Decide the next step towards ``spec`` at ``revision``."""
    decide = ordered_step if spec.kind == "stateful" else next_step
    return decide(spec, revision, members)
