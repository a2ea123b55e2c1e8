"""A change before it happens, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cloudkit.model.app import AppSpec

__all__ = ["Action", "ActionKind", "Plan"]


class ActionKind(StrEnum):
    """What a backend can be asked to do."""

    CREATE = "create"
    RECORD = "record"
    START = "start"
    REPLACE = "replace"
    DRAIN = "drain"
    STOP = "stop"
    REMOVE = "remove"
    UPDATE = "update"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One step of a plan.

    Args:
        kind: What is done.
        object: To what: ``replica``, ``balancer``, ``network``, ``revision``, ``volume``.
        name: Its name; empty where the engine chooses it.
        detail: What a person wants to know besides, with no secret in it.
    """

    kind: ActionKind
    object: str
    name: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.kind.value, self.object, self.name, self.detail) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A change of one app: where it starts from, where it leads, and by which steps.

    Args:
        app: The app's name.
        backend: The backend that made it.
        generation: The generation that it was made from; 0 when the app was not there.
        before: What was wanted; None when the app was not there.
        after: What is wanted; None when the app goes.
        actions: The steps; empty when there is nothing to do.
    """

    app: str
    backend: str
    generation: int
    before: AppSpec | None
    after: AppSpec | None
    actions: tuple[Action, ...]

    @property
    def empty(self) -> bool:
        """True when applying it does nothing."""
        return not self.actions
