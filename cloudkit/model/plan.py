"""A change before it happens, as a value."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from cloudkit.model.app import AppSpec
from cloudkit.model.rows import mimebundle, pretty

__all__ = ["Action", "ActionKind", "Plan", "Risk"]


class ActionKind(StrEnum):
    """What a backend can be asked to do."""

    ADOPT = "adopt"
    CREATE = "create"
    KEEP = "keep"
    RECORD = "record"
    START = "start"
    REPLACE = "replace"
    DRAIN = "drain"
    STOP = "stop"
    REMOVE = "remove"
    UPDATE = "update"


class Risk(StrEnum):
    """What one may want to know before a change is made."""

    DOWNTIME = "downtime"
    DATA_LOSS = "data loss"
    REMOVES = "removes"
    REPLACES = "replaces"


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
        adopts: The workload that becomes the app, such as ``rc/legacy``; empty for any other change.
    """

    app: str
    backend: str
    generation: int
    before: AppSpec | None
    after: AppSpec | None
    actions: tuple[Action, ...]
    adopts: str = ""

    _repr_pretty_ = pretty
    _repr_mimebundle_ = mimebundle

    @property
    def empty(self) -> bool:
        """True when applying it does nothing."""
        return not self.actions

    @property
    def digest(self) -> str:
        """What names this change: sha256 over where it starts, where it leads and its steps, in hexadecimal.

        The values of secrets are no part of it, so that it can be shown; which of them change is.
        """
        from hashlib import sha256

        from cloudkit.model.encode import canonical, encode  # loaded when a plan is named, not when a program starts

        other = {"secrets": list(self.given)} if self.before and self.given else {}
        content = (
            other
            | {
                "app": self.app,
                "backend": self.backend,
                "generation": self.generation,
                "after": encode(self.after) if self.after else None,
                "actions": [asdict(action) for action in self.actions],
            }
            | ({"adopts": self.adopts} if self.adopts else {})
        )
        return sha256(canonical(content).encode()).hexdigest()

    @property
    def downtime(self) -> bool:
        """True when nobody answers at some moment of it, though somebody did before."""
        before, after = self.before, self.after
        if self.adopts:
            return any(action.kind is ActionKind.STOP for action in self.actions)
        if self.empty or before is None or before.stopped or before.replicas == 0:
            return False
        if after is None or after.stopped or after.replicas == 0:
            return True
        rolls = before.template != after.template
        missing = 1 if after.kind == "stateful" else after.rollout.max_unavailable
        return self._balancer_goes or (rolls and missing >= after.replicas)

    @property
    def risks(self) -> tuple[Risk, ...]:
        """What it may cost: downtime, data, the app itself, or what its replicas hold in themselves."""
        costs = {
            Risk.DOWNTIME: self.downtime,
            Risk.DATA_LOSS: not self.empty and self._unmounts,
            Risk.REMOVES: not self.empty and self.before is not None and self.after is None,
            Risk.REPLACES: not self.empty and self._replaces,
        }
        return tuple(risk for risk, true in costs.items() if true)

    @property
    def given(self) -> tuple[str, ...]:
        """The secrets whose values come with this change, by variable or path; all others stay as they are.

        Those of a workload that is adopted are read from it, when it is.
        """
        from cloudkit.model.diff import given_secrets

        return () if self.adopts else given_secrets(self.before, self.after)

    def diff(self) -> str:
        """Return the fields that change, a line for each value before and after; secrets are ``***``."""
        from cloudkit.model.diff import changed_lines

        return "\n".join(changed_lines(self.before, self.after, generation=self.generation))

    @property
    def _unmounts(self) -> bool:
        """True when a volume goes, or the app no longer sees one that it wrote to."""
        gone = {ActionKind.REPLACE, ActionKind.REMOVE}
        if any(action.object == "volume" and action.kind in gone for action in self.actions):
            return True
        if self.before is None or self.after is None:
            return False
        kept = {(mount.target, mount.source) for mount in self.after.mounts}
        written = (mount for mount in self.before.mounts if mount.kind != "tmpfs" and not mount.read_only)
        return any((mount.target, mount.source) not in kept for mount in written)

    @property
    def _replaces(self) -> bool:
        before, after = self.before, self.after
        if before is None or after is None or before.stopped or before.replicas == 0:
            return False
        return before.template != after.template

    @property
    def _balancer_goes(self) -> bool:
        gone = {ActionKind.REPLACE, ActionKind.STOP, ActionKind.REMOVE}
        return any(action.object == "balancer" and action.kind in gone for action in self.actions)

    def __str__(self) -> str:
        """Return a heading and one line for each step."""
        if self.empty:
            return f"{self.app} on {self.backend}: nothing to do"
        number = f"{len(self.actions)} step{'s' * (len(self.actions) > 1)}"
        told = f"{', with downtime' * self.downtime}{', with loss of data' * (Risk.DATA_LOSS in self.risks)}"
        heading = f"{self.app} on {self.backend}: {number}{told}"
        return "\n".join((heading, *(f"  {index}. {action}" for index, action in enumerate(self.actions, start=1))))
