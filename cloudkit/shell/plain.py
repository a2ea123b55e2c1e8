"""Results as plain text without colours, for a repr."""

from __future__ import annotations

import io
import shutil
from typing import Any

from rich.console import Console

from cloudkit.shell.text import text

__all__ = ["plain"]


def plain(result: object, kind: type[Any] | None = None) -> str:
    """Return a result as text as wide as the terminal is now.

    >>> plain("hello")
    'hello'
    """
    stream = io.StringIO()
    width = shutil.get_terminal_size((120, 24)).columns
    console = Console(
        file=stream, width=width, no_color=True, highlight=False, force_terminal=False, force_jupyter=False
    )
    console.print(*text(result, kind), sep="\n\n")
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())
