"""A change before it happens, as a value."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from cloudkit.model.app import AppSpec
from cloudkit.model.rows import mimebundle, pretty

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

    _repr_pretty_ = pretty
    _repr_mimebundle_ = mimebundle

    @property
    def empty(self) -> bool:
        """True when applying it does nothing."""
        return not self.actions

    @property
    def digest(self) -> str:
        """What names this change: sha256 over where it starts, where it leads and its steps, in hexadecimal.

        The values of secrets are no part of it, so that it can be shown.
        """
        from hashlib import sha256

        from cloudkit.model.encode import canonical, encode  # loaded when a plan is named, not when a program starts

        content = {
            "app": self.app,
            "backend": self.backend,
            "generation": self.generation,
            "after": encode(self.after) if self.after else None,
            "actions": [asdict(action) for action in self.actions],
        }
        return sha256(canonical(content).encode()).hexdigest()

    @property
    def downtime(self) -> bool:
        """True when nobody answers at some moment of it, though somebody did before."""
        before, after = self.before, self.after
        if self.empty or before is None or before.stopped or before.replicas == 0:
            return False
        if after is None or after.stopped or after.replicas == 0:
            return True
        rolls = before.template != after.template
        missing = 1 if after.kind == "stateful" else after.rollout.max_unavailable
        return self._balancer_goes or (rolls and missing >= after.replicas)

    def diff(self) -> str:
        """Return the fields that change, a line for each value before and after; secrets are ``***``."""
        from cloudkit.model.diff import changed_lines

        return "\n".join(changed_lines(self.before, self.after, generation=self.generation))

    @property
    def _balancer_goes(self) -> bool:
        gone = {ActionKind.REPLACE, ActionKind.STOP, ActionKind.REMOVE}
        return any(action.object == "balancer" and action.kind in gone for action in self.actions)

    def __str__(self) -> str:
        """Return a heading and one line for each step."""
        if self.empty:
            return f"{self.app} on {self.backend}: nothing to do"
        number = f"{len(self.actions)} step{'s' * (len(self.actions) > 1)}"
        heading = f"{self.app} on {self.backend}: {number}{', with downtime' * self.downtime}"
        return "\n".join((heading, *(f"  {index}. {action}" for index, action in enumerate(self.actions, start=1))))
