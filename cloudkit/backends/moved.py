"""Which port of an app another has taken the place of: pure."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["moved_ports"]


def moved_ports(before: Sequence[int], wanted: Sequence[int]) -> dict[int, int]:
    """Return the number that each port had before, by the number that it has now; a new one is not named.

    A number that stays is itself. The others take the places of those that went, in order.

    >>> moved_ports([3000, 9000], [8080, 9000, 7000])
    {9000: 9000, 8080: 3000}
    """
    stay = {number: number for number in wanted if number in before}
    left = [number for number in before if number not in wanted]
    came = [number for number in wanted if number not in before]
    return stay | dict(zip(came, left, strict=False))
