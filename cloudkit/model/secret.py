"""A value that never shows itself, and one that nobody has any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from cloudkit.errors import ConfigError

__all__ = ["LostSecret", "Secret"]


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


@dataclass(frozen=True, slots=True)
class LostSecret(Secret):
    """A secret whose value is gone from where it was kept: it equals no value, and revealing it is an error.

    Args:
        _value: What had it, in words.

    >>> token = LostSecret("Secret 'web-env-1'")
    >>> token, f"{token}", token == Secret("hunter2")
    (LostSecret("Secret 'web-env-1'"), '***', False)
    """

    @property
    def place(self) -> str:
        """What had it, in words."""
        return self._value

    def reveal(self) -> str:
        """Refuse: there is no value, and an empty one would be another."""
        raise ConfigError(f"the value of a secret is lost with {self._value}", hint="give it anew: Secret(...)")

    def __repr__(self) -> str:
        return f"LostSecret({self._value!r})"
