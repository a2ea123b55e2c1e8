"""The tables, in the words that SQLite and Postgres have in common, and how an older file becomes a newer one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

__all__ = ["MIGRATIONS", "Migrations"]

Migrations: TypeAlias = Sequence[Sequence[str]]
"""Each step's statements; a store of version N has had the first N steps."""

_ENTRIES = """
CREATE TABLE entries (
    number {number} PRIMARY KEY,
    begun BIGINT NOT NULL,
    ended BIGINT,
    seconds DOUBLE PRECISION,
    backend TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    namespace TEXT NOT NULL,
    verb TEXT NOT NULL,
    app TEXT NOT NULL,
    identity TEXT NOT NULL,
    origin TEXT NOT NULL,
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    process TEXT NOT NULL,
    arguments TEXT NOT NULL,
    plan TEXT NOT NULL,
    generation BIGINT,
    before TEXT,
    after TEXT,
    found_revision BIGINT,
    found_ready INTEGER,
    outcome TEXT,
    error TEXT NOT NULL,
    settled INTEGER NOT NULL,
    reached BIGINT,
    wanted TEXT,
    revision BIGINT,
    ready INTEGER,
    image TEXT NOT NULL,
    undoes BIGINT
)"""

MIGRATIONS: Migrations = (
    (
        _ENTRIES,
        "CREATE INDEX entries_by_app ON entries (endpoint, namespace, app, number)",
        "CREATE TABLE specs (digest TEXT PRIMARY KEY, content TEXT NOT NULL)",
        "CREATE TABLE facts (name TEXT PRIMARY KEY, content TEXT NOT NULL)",
    ),
    ("ALTER TABLE entries ADD COLUMN source TEXT NOT NULL DEFAULT '{{}}'",),
)
