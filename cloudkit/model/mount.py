"""A volume, a folder of the host or memory that an app sees at a path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Mount"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """Something mounted into each replica.

    Args:
        target: The absolute path inside the replica.
        source: A volume's name for ``volume``, an absolute path of the engine's host for ``bind``, empty for ``tmpfs``.
        kind: ``volume``, ``bind`` or ``tmpfs``.
        read_only: True when the app may not write there.
    """

    target: str
    source: str = ""
    kind: Literal["volume", "bind", "tmpfs"] = "volume"
    read_only: bool = False
