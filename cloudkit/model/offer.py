"""What a completion offers: a value, and in a few words what it is."""

from __future__ import annotations

from typing import Self

__all__ = ["Offer"]


class Offer(str):
    """A text that can be typed here.

    Args:
        value: The text.
        note: What it is, in a few words.

    >>> offer = Offer("3", "now")
    >>> offer, offer.note
    ('3', 'now')
    """

    __slots__ = ("note",)
    note: str

    def __new__(cls, value: str, note: str = "") -> Self:
        """Make an offer."""
        made = super().__new__(cls, value)
        made.note = note
        return made
