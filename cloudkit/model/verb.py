"""The mark that makes a method a verb: offered at the prompt, in the shell and in chat alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import ParamSpec, TypeVar

from cloudkit.model.calling import noted

__all__ = ["Role", "VerbMark", "mark_of", "verb"]

P = ParamSpec("P")
R = TypeVar("R")
ATTRIBUTE = "__cloudkit_verb__"


class Role(StrEnum):
    """What one must be allowed to do, from least to most."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerbMark:
    """What a front end knows of a verb beside its signature.

    Args:
        role: Who may call it.
        confirm: True when a front end asks before it calls, as it loses something.
        changes: True when it changes the world, so that ``--plan`` and a journal have something to show.
        terminal: True when it is about the machine or the terminal of whoever calls, which a chat has not got.
    """

    role: Role
    confirm: bool = False
    changes: bool = False
    terminal: bool = False


def verb(
    *, role: Role = Role.VIEWER, confirm: bool = False, terminal: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a method of a handle as a verb; its signature and docstring are all that a front end reads.

    >>> @verb(role=Role.OPERATOR)
    ... def scale(replicas: int) -> None:
    ...     "Set the number of replicas."
    >>> mark_of(scale).changes
    True
    """
    mark = VerbMark(role=role, confirm=confirm, changes=role is not Role.VIEWER, terminal=terminal)

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        marked = noted(method) if mark.changes else method
        setattr(marked, ATTRIBUTE, mark)
        return marked

    return decorate


def mark_of(method: object) -> VerbMark | None:
    """Return the mark of a verb, None for any other object."""
    mark = getattr(method, ATTRIBUTE, None)
    return mark if isinstance(mark, VerbMark) else None
