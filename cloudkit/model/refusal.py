"""The one form in which a value refuses bad input: the field, what was given, what is allowed."""

from __future__ import annotations

from cloudkit.errors import UsageError

__all__ = ["refusal", "shown"]

SHOWN_LIMIT = 200


def shown(value: object) -> str:
    """Return a value's repr, cut so that an error stays readable and cheap whatever was given.

    >>> shown("web"), len(shown("w" * 10_000))
    ("'web'", 200)
    """
    if isinstance(value, str | bytes):
        value = value[: SHOWN_LIMIT + 1]
    elif isinstance(value, int) and value.bit_length() > SHOWN_LIMIT:
        return f"an integer of {value.bit_length()} bits"
    text = repr(value)
    return text if len(text) <= SHOWN_LIMIT else f"{text[: SHOWN_LIMIT - 3]}..."


def refusal(field: str, given: object, allowed: str, *, hint: str = "") -> UsageError:
    """Return the error for a field that was given something else than what is allowed.

    >>> print(refusal("replicas", -1, "a number from 0 to 1000"))
    replicas is -1; allowed is a number from 0 to 1000
    """
    return UsageError(f"{field} is {shown(given)}; allowed is {allowed}", hint=hint)
