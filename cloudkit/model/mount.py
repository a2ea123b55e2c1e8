"""A volume, a folder of the host or memory that an app sees at a path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cloudkit.model.checks import check_choice, check_flag, check_path
from cloudkit.model.frozen import chosen
from cloudkit.model.names import check_volume
from cloudkit.model.refusal import refusal

__all__ = ["Mount"]

KINDS = ("volume", "bind", "tmpfs")


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

    __repr__ = chosen

    def __post_init__(self) -> None:
        check_path("mount: target", self.target)
        check_choice("mount: kind", self.kind, KINDS)
        check_flag("mount: read_only", self.read_only)
        if self.target == "/":
            raise refusal("mount: target", self.target, "a path below /; the root is the image's")
        if self.kind == "bind":
            check_path("mount: source", self.source)
        elif self.kind == "volume":
            check_volume("mount: source", self.source)
        elif self.source:
            raise refusal("mount: source", self.source, "empty, as tmpfs is memory")
