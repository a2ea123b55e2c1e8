"""A line with the time by which lines are told apart."""

from __future__ import annotations

from dataclasses import dataclass

from cloudkit.model.log import LogLine

__all__ = ["LINE_LIMIT", "Stamped"]

LINE_LIMIT = 65536
"""Bytes of a line that are kept; the rest is dropped as it comes."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """A line and its time in nanoseconds, which an engine tells lines apart by."""

    stamp: int
    line: LogLine
