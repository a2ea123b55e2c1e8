"""The table of figures."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table as RichTable

__all__ = ["Row", "Table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure beside its peer's, both in the same unit."""

    what: str
    ours: float
    peer: float
    peer_name: str
    unit: str

    @property
    def ratio(self) -> str:
        """Ours over the peer's."""
        return f"{self.ours / self.peer:.2f}" if self.peer else "-"


@dataclass(slots=True)
class Table:
    """All rows of a run."""

    rows: list[Row] = field(default_factory=list)

    def add(self, what: str, *, ours: float, peer: float, peer_name: str, unit: str) -> Row:
        """Note a figure."""
        row = Row(what=what, ours=ours, peer=peer, peer_name=peer_name, unit=unit)
        self.rows.append(row)
        return row

    def text(self) -> str:
        """Return the table as text."""
        shown = RichTable("what", "cloudkit", "peer", "against", "ratio", "unit")
        for row in self.rows:
            shown.add_row(row.what, f"{row.ours:,.4g}", f"{row.peer:,.4g}", row.peer_name, row.ratio, row.unit)
        stream = io.StringIO()
        Console(file=stream, width=120).print(shown)
        return stream.getvalue()
