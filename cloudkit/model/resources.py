"""What a replica may use, in Kubernetes quantities."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Resources"]


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
