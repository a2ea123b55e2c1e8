"""How a command runs inside a replica."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

__all__ = ["ExecOptions"]


class ExecOptions(TypedDict, total=False):
    """How a command runs inside a replica; what is not given is as None.

    Args:
        stdin: What it reads; None closes its input.
        env: Environment variables beside the replica's own.
        user: The user it runs as; None keeps the replica's.
        workdir: The folder it starts in; None keeps the replica's.
        timeout: Seconds after which it is killed; None waits for ever.
    """

    stdin: bytes | None
    env: Mapping[str, str] | None
    user: str | None
    workdir: str | None
    timeout: float | None
