"""What a look over a Dockerfile found before it is built."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "Severity"]


class Severity(StrEnum):
    """How much it matters."""

    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, or likely to be.

    Args:
        code: Which of the known findings, such as ``copy-one-argument``.
        severity: How much it matters.
        line: The line in the Dockerfile, from 1; None when it is not about a line.
        text: One sentence.
        fix: What to write instead.
        certain: True when the build or the image cannot work.

    >>> print(Finding(code="unpinned", severity=Severity.WARNING, line=1, text="node has no tag", fix="FROM node:22"))
    line 1: node has no tag; write: FROM node:22
    """

    code: str
    severity: Severity
    line: int | None
    text: str
    fix: str = ""
    certain: bool = False

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        return f"{place}{self.text}{f'; write: {self.fix}' if self.fix else ''}"
