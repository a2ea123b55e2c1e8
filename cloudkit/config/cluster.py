"""Where a cluster is, and which file says how one gets in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Cluster"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A cluster's address, without credentials; those are read when it is connected to.

    Args:
        server: The API server: ``https://host:6443``.
        context: The kubeconfig context that leads there; empty inside a cluster.
        user: Whom the context names; empty for nobody.
        files: The kubeconfig files, the first one wins; none inside a cluster, where the pod's own account is used.

    >>> str(Cluster(server="https://10.0.0.1:6443", context="prod"))
    'https://10.0.0.1:6443 (context prod)'
    """

    server: str
    context: str = ""
    user: str = ""
    files: tuple[Path, ...] = ()

    @property
    def inside(self) -> bool:
        """True for a pod that speaks with its own cluster."""
        return not self.files

    def __str__(self) -> str:
        return f"{self.server} (context {self.context})" if self.context else self.server
