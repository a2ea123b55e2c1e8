"""Marks on a verb's parameter that its type does not say, for ``Annotated``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["FromFile", "Measure", "Names", "Short", "Verbatim", "Words"]


@dataclass(frozen=True, slots=True)
class Short:
    """The one-letter option of a keyword parameter, as the engine's own command has it.

    >>> from typing import Annotated
    >>> def logs(*, follow: Annotated[bool, Short("f")] = False) -> None: ...
    """

    letter: str


@dataclass(frozen=True, slots=True)
class Names:
    """The value names something that is there: what kind of state it is, so that a front end can offer the names."""

    kind: type[Any]


@dataclass(frozen=True, slots=True)
class Measure:
    """What a number counts that text may write with a unit, such as ``500m`` or ``10m``: so that it can be compared."""

    unit: Literal["bytes", "cores", "seconds"]


@dataclass(frozen=True, slots=True)
class Words:
    """A sequence that text gives as one line, split as a shell splits it: ``--command "npm start"``."""


@dataclass(frozen=True, slots=True)
class Verbatim:
    """The words are a command that runs elsewhere: what follows the first one is its own, as ``-l`` of ``ls -l`` is."""


@dataclass(frozen=True, slots=True)
class FromFile:
    """The values are contents of files: a front end that runs where they are may take their paths, no other one."""
