"""What a replica may use, in Kubernetes quantities."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

from cloudkit.model.checks import check_integer
from cloudkit.model.frozen import chosen
from cloudkit.model.quantity import cpu_cores, memory_bytes, quantity
from cloudkit.model.refusal import refusal

__all__ = ["Resources"]

LEAST_CPU = Decimal("0.01")  # what engines accept
MOST_CPU = Decimal(10_000)
LEAST_MEMORY = Decimal(6 * 1024**2)  # what engines accept
MOST_PIDS = 4_194_304  # what Linux can count


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Requests and limits of one replica; None means no bound.

    Args:
        cpu: The limit of processor time, such as ``"500m"`` (half a core) or ``"2"``.
        memory: The limit of memory, such as ``"256Mi"`` or ``"1G"``.
        cpu_request: What is reserved on a cluster; the limit where None.
        memory_request: What is reserved on a cluster; the limit where None.
        pids: The most processes and threads.
    """

    cpu: str | None = None
    memory: str | None = None
    cpu_request: str | None = None
    memory_request: str | None = None
    pids: int | None = None

    __repr__ = chosen

    def __post_init__(self) -> None:
        cpu = _checked("cpu", self.cpu, LEAST_CPU, "10m to 10k")
        memory = _checked("memory", self.memory, LEAST_MEMORY, "6Mi to 8Ei")
        _check_request("cpu_request", _checked("cpu_request", self.cpu_request, Decimal("0.001"), "1m to 10k"), cpu)
        _check_request(
            "memory_request", _checked("memory_request", self.memory_request, Decimal(1), "1 to 8Ei"), memory
        )
        check_integer("pids", self.pids, 1, MOST_PIDS, optional=True)

    @property
    def canonical(self) -> Self:
        """The same amounts, each in one form only: thousandths of a core, and bytes.

        >>> Resources(cpu="0.5", memory="8Mi").canonical == Resources(cpu="500m", memory="8388608").canonical
        True
        """
        return replace(
            self,
            cpu=_thousandths(self.cpu),
            memory=_bytes(self.memory),
            cpu_request=_thousandths(self.cpu_request),
            memory_request=_bytes(self.memory_request),
        )


def _checked(field: str, text: str | None, least: Decimal, allowed: str) -> Decimal | None:
    if text is None:
        return None
    amount = quantity(field, text)
    if amount < least or (field.startswith("cpu") and amount > MOST_CPU):
        hint = f"{text[:-1]}Mi; m means thousandths" if text.endswith("m") and field.startswith("memory") else ""
        raise refusal(field, text, allowed, hint=hint)
    return amount


def _check_request(field: str, request: Decimal | None, limit: Decimal | None) -> None:
    if request is not None and limit is not None and request > limit:
        raise refusal(field, str(request), f"at most the limit, {limit}")


def _thousandths(cpu: str | None) -> str | None:
    return cpu and f"{int(cpu_cores(cpu) * 1000)}m"


def _bytes(memory: str | None) -> str | None:
    return memory and str(memory_bytes(memory))
