"""A volume, a folder of the host or memory that an app sees at a path."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, Self

from cloudkit.model.checks import check_choice, check_flag, check_path, check_text
from cloudkit.model.frozen import chosen
from cloudkit.model.names import check_volume
from cloudkit.model.quantity import quantity
from cloudkit.model.refusal import refusal

__all__ = ["Mount"]

KINDS = ("volume", "bind", "tmpfs")
LEAST, MOST = Decimal(2**20), Decimal(2**63)  # bytes
_CLASS = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]*+))?+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """Something mounted into each replica.

    Args:
        target: The absolute path inside the replica.
        source: A volume's name for ``volume``, an absolute path of the engine's host for ``bind``, empty for ``tmpfs``.
        kind: ``volume``, ``bind`` or ``tmpfs``.
        read_only: True when the app may not write there.
        size: How large a volume is to be on a cluster, such as ``10Gi``; 1Gi, or what it has, where None.
        storage_class: The class that a cluster makes a volume of; its default one where empty.
        shared: True when a cluster is to let nodes share a volume (ReadWriteMany).
    """

    target: str
    source: str = ""
    kind: Literal["volume", "bind", "tmpfs"] = "volume"
    read_only: bool = False
    size: str | None = None
    storage_class: str = ""
    shared: bool = False

    __repr__ = chosen

    def __post_init__(self) -> None:
        check_path("mount: target", self.target)
        check_choice("mount: kind", self.kind, KINDS)
        check_flag("mount: read_only", self.read_only)
        self._check_making()
        if self.target == "/":
            raise refusal("mount: target", self.target, "a path below /; the root is the image's")
        if self.kind == "bind":
            check_path("mount: source", self.source)
        elif self.kind == "volume":
            check_volume("mount: source", self.source)
        elif self.source:
            raise refusal("mount: source", self.source, "empty, as tmpfs is memory")

    def _check_making(self) -> None:
        """Refuse what no volume is made as."""
        check_flag("mount: shared", self.shared)
        if self.size is not None and not LEAST <= quantity("mount: size", self.size) <= MOST:
            raise refusal("mount: size", self.size, "1Mi to 8Ei")
        check_text("mount: storage_class", self.storage_class, _CLASS, "a name such as fast-ssd", limit=253)
        if self.kind != "volume" and (self.size or self.storage_class or self.shared):
            raise refusal("mount: kind", self.kind, "volume where it has a size, a class or is shared")

    @property
    def plain(self) -> Self:
        """The same mount without what only its making asks for: a running replica sees no difference."""
        return replace(self, size=None, storage_class="", shared=False)
