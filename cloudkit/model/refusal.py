"""The one form in which a value refuses bad input: the field, what was given, what is allowed."""

from __future__ import annotations

import reprlib

from cloudkit.errors import UsageError

__all__ = ["refusal", "shown"]

SHOWN_LIMIT = 200


class _Short(reprlib.Repr):
    """A repr of bounded length and cost, also of integers that Python refuses to write out."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = SHOWN_LIMIT
        self.maxlevel = 3

    def repr_int(self, x: int, level: int) -> str:
        bits = x.bit_length()
        return super().repr_int(x, level) if bits <= SHOWN_LIMIT else f"an integer of {bits} bits"


_SHORT = _Short()


def shown(value: object) -> str:
    """Return a value's repr, cut so that an error stays readable and cheap whatever was given.

    >>> shown("web"), shown(["web"] * 10_000), len(shown("w" * 10_000))
    ("'web'", "['web', 'web', 'web', 'web', 'web', 'web', ...]", 200)
    """
    text = _SHORT.repr(value)
    return text if len(text) <= SHOWN_LIMIT else f"{text[: SHOWN_LIMIT - 3]}..."


def refusal(field: str, given: object, allowed: str, *, hint: str = "") -> UsageError:
    """Return the error for a field that was given something else than what is allowed.

    >>> print(refusal("replicas", -1, "a number from 0 to 1000"))
    replicas is -1; allowed is a number from 0 to 1000
    """
    return UsageError(f"{field} is {shown(given)}; allowed is {allowed}", hint=hint)
