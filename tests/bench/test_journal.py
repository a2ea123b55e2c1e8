"""What an entry costs."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

from bench.table import Table
from cloudkit.cloud import Cloud

pytestmark = pytest.mark.bench
ROUNDS = 300


def test_an_entry_costs_about_what_two_bare_inserts_cost(table: Table, tmp_path: Path) -> None:
    """Its begin and its end, each kept for good, beside two inserts into a bare table that are kept as well."""
    cloud = Cloud("memory", journal=str(tmp_path / "journal.sqlite"))
    bare = sqlite3.connect(tmp_path / "bare.sqlite", isolation_level=None)
    for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "CREATE TABLE entries (a, b, c)"):
        bare.execute(statement)

    def ours() -> None:
        with cloud._session.operation("exec", "web"):
            pass

    def peer() -> None:
        for _ in range(2):
            bare.execute("INSERT INTO entries VALUES (?, ?, ?)", ("x" * 200, "y" * 100, 1))

    row = table.add(
        "journal: an entry, begun and ended",
        ours=timed(ours), peer=timed(peer), peer_name="two bare inserts of sqlite3", unit="s",
    )  # fmt: skip

    assert row.ours < 0.1
    bare.close()


def timed(act: Callable[[], None]) -> float:
    """The median of many."""
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        act()
        taken.append(time.perf_counter() - started)
    return median(taken)
