"""Looks that take one another's place: a table that moves on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, TextIO

from cloudkit.model.glance import Glance
from cloudkit.view.result import plain_lines

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["draw_looks", "write_looks"]


def draw_looks(looks: Iterator[Glance], console: Console) -> None:
    """Draw each look over the one before; the last one stays."""
    from rich.console import Group
    from rich.live import Live

    from cloudkit.shell.text import text

    with Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False) as live:
        for look in looks:
            live.update(Group(*chain.from_iterable((block, "") for block in text(look))), refresh=True)


def write_looks(looks: Iterator[Glance], stream: TextIO) -> None:
    """Write a line for each replica of each look, and each event once."""
    heard: datetime | None = None
    for look in looks:
        young = [event for event in look.events if heard is None or event.time > heard]
        heard = young[-1].time if young else heard
        stream.writelines(f"{line}\n" for line in plain_lines(look, young))
        stream.flush()
