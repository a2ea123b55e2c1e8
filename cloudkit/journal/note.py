"""What an operation says of itself for the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cloudkit.model.plan import Plan
from cloudkit.model.state import AppState

__all__ = ["Note", "Told"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of something that changed nothing.

    Args:
        outcome: How it ended.
        error: What was said, for what went wrong.
        arguments: What was given, by name; what looks like a secret is taken out of it.
    """

    outcome: str = "ok"
    error: str = ""
    arguments: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Note:
    """What is said of one operation; where no journal is kept, nobody writes it down.

    Args:
        image: The digest of the image that it is about.
        undoes: The number of the entry that it undoes.
    """

    image: str = ""
    undoes: int | None = None

    def found(self, state: AppState) -> None:
        """Say what was there before."""

    def planned(self, plan: Plan) -> None:
        """Say what is about to be done; raises ``JournalError`` where that cannot be noted."""

    def seen(self, state: AppState | None) -> None:
        """Say what is there now; None for an app that is gone."""
