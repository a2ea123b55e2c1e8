"""Amounts of resources as people read them: pure."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

from cloudkit.errors import UsageError
from cloudkit.model.quantity import quantity

__all__ = ["amount", "fitting", "shown"]

_UNITS = (("Gi", Decimal(2**30)), ("Mi", Decimal(2**20)), ("Ki", Decimal(2**10)))
_BYTES = frozenset({"memory", "ephemeral-storage"})


def amount(text: object) -> Decimal:
    """Read an amount that the cluster told; 0 where it is none.

    >>> amount("1500m"), amount("?")
    (Decimal('1.500'), Decimal('0'))
    """
    try:
        return quantity("amount", str(text))
    except UsageError:
        return Decimal()


def shown(resource: str, value: Decimal) -> str:
    """Return an amount of a resource, in a unit that suits it.

    >>> shown("cpu", Decimal("1.5")), shown("memory", Decimal(3 * 2**29)), shown("nvidia.com/gpu", Decimal(1))
    ('1.5 cores', '1.5Gi', '1')
    """
    if resource == "cpu":
        return f"{_rounded(value)} core{'' if value == 1 else 's'}"
    if resource in _BYTES:
        unit, scale = next((one for one in _UNITS if abs(value) >= one[1]), ("", Decimal(1)))
        return f"{_rounded(value / scale)}{unit}"
    return _rounded(value)


def fitting(resource: str, value: Decimal) -> str:
    """Return the largest quantity of at most this amount that is short to write; empty where nothing is left.

    >>> fitting("cpu", Decimal("1.87")), fitting("memory", Decimal(7 * 2**30 + 5)), fitting("cpu", Decimal("0.004"))
    ('1800m', '7168Mi', '')
    """
    if resource == "cpu":
        tenths = int(value * 10)
        return f"{tenths * 100}m" if tenths > 0 else ""
    mebibytes = int(value / 2**20)
    return f"{mebibytes}Mi" if mebibytes >= 6 else ""


def _rounded(value: Decimal) -> str:
    cut = value.quantize(Decimal("0.01"), rounding=ROUND_DOWN)
    return f"{cut.normalize():f}"
