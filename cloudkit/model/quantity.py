"""Quantities of processor time and memory, by the grammar of Kubernetes.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal

from cloudkit.model.refusal import refusal

__all__ = ["cpu_cores", "memory_bytes", "nano_cpus", "quantity"]

_TEXT_LIMIT = 32
_QUANTITY = re.compile(
    r"\+?(?P<number>[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:(?P<suffix>[KMGTPE]i|[numkMGTPE])|[eE](?P<exponent>[+-]?[0-9]{1,2}+))?",
    re.ASCII,
)
_SCALE = {suffix: Decimal(1000) ** power for power, suffix in enumerate("num kMGTPE", start=-3)}
_SCALE |= {f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", start=1)}
_LARGEST = Decimal(2**63 - 1)


def quantity(field: str, text: object) -> Decimal:
    """Read a quantity of at least 0 and less than 8Ei.

    >>> quantity("memory", "1.5Gi"), quantity("cpu", "500m"), quantity("memory", "1e3")
    (Decimal('1610612736.0'), Decimal('0.500'), Decimal('1000'))
    """
    match = _QUANTITY.fullmatch(text) if isinstance(text, str) and len(text) <= _TEXT_LIMIT else None
    if match is None:
        allowed = "a quantity such as 500m, 2, 0.5, 256Mi, 1G or 1e3; suffixes " + _suffixes()
        raise refusal(field, text, allowed, hint=_proposal(text))
    scale = Decimal(10) ** int(match["exponent"]) if match["exponent"] else _SCALE[match["suffix"] or " "]
    value = Decimal(match["number"]) * scale
    if value > _LARGEST:
        raise refusal(field, text, "less than 8Ei")
    return value


def cpu_cores(text: str) -> Decimal:
    """Read processor time in cores, rounded up to a thousandth as Kubernetes does.

    >>> cpu_cores("250m"), cpu_cores("2")
    (Decimal('0.250'), Decimal('2.000'))
    """
    return quantity("cpu", text).quantize(Decimal("0.001"), rounding=ROUND_CEILING)


def nano_cpus(text: str) -> int:
    """Read processor time in the thousand-millionths of a core that Docker counts in.

    >>> nano_cpus("500m")
    500000000
    """
    return int(cpu_cores(text) * 10**9)


def memory_bytes(text: str) -> int:
    """Read memory in bytes, rounded up.

    >>> memory_bytes("256Mi"), memory_bytes("1G")
    (268435456, 1000000000)
    """
    return int(quantity("memory", text).to_integral_value(rounding=ROUND_CEILING))


def _suffixes() -> str:
    return ", ".join(suffix for suffix in _SCALE if suffix.strip())


def _proposal(text: object) -> str:
    """Return the quantity that ``512MB`` or ``1gb`` means; empty when it is none."""
    plain = str(text)[:_TEXT_LIMIT].upper().removesuffix("B").replace("K", "k").replace("I", "i")
    return plain if _QUANTITY.fullmatch(plain) else ""
