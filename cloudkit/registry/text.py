"""Words of somebody else, made harmless before they stand in an error."""

from __future__ import annotations

__all__ = ["harmless"]

LIMIT = 300


def harmless(said: str, limit: int = LIMIT) -> str:
    r"""Return one printable line: no terminal escape, no control of direction, no more than ``limit`` characters.

    >>> harmless("denied\x1b[31m\n  for you")
    'denied [31m for you'
    """
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in said[: 4 * limit]).split())
    return line if len(line) <= limit else f"{line[: limit - 3]}..."
