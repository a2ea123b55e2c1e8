"""A value that never shows itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

__all__ = ["Secret"]


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret string: ``reveal()`` gives it, every other way to look at it shows ``***``.

    >>> token = Secret("hunter2")
    >>> token, f"{token}", token.reveal()
    (Secret('***'), '***', 'hunter2')
    """

    _value: str

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def __reduce__(self) -> str:
        message = "a Secret is not pickled"
        raise TypeError(message)
