"""What a look at this machine found: one thing that cloudkit needs, there or not."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Check"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that is there or missing.

    Args:
        name: Which, such as ``engine`` or ``buildx``.
        ok: True when it is as it should be.
        detail: What was seen: a version, a number, an error.
        fix: The command that mends it; empty when it is well.
        fixable: True when cloudkit can do it.
        needed: True when next to nothing works without it.

    >>> print(Check(name="buildx", ok=False, detail="not there", fix="apt-get install docker-buildx"))
    buildx: not there; try: apt-get install docker-buildx
    """

    name: str
    ok: bool
    detail: str = ""
    fix: str = ""
    fixable: bool = False
    needed: bool = False

    def __str__(self) -> str:
        seen = self.detail or ("ok" if self.ok else "missing")
        return f"{self.name}: {seen}; try: {self.fix}" if self.fix else f"{self.name}: {seen}"
