"""The tables, in the words that SQLite and Postgres have in common, and how a row becomes a value and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields
from typing import TYPE_CHECKING, Any, TypeVar

from cloudkit.journal.database import Statement
from cloudkit.journal.schema import Migrations

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["MIGRATIONS", "added", "columns", "of_row"]

_REQUESTS = """
CREATE TABLE requests (
    name TEXT PRIMARY KEY,
    line TEXT NOT NULL,
    said TEXT NOT NULL,
    verb TEXT NOT NULL,
    app TEXT NOT NULL,
    digest TEXT NOT NULL,
    asker TEXT NOT NULL,
    team TEXT NOT NULL,
    enterprise TEXT NOT NULL,
    channel TEXT NOT NULL,
    thread TEXT NOT NULL,
    message TEXT NOT NULL,
    card TEXT NOT NULL,
    asked DOUBLE PRECISION NOT NULL,
    until DOUBLE PRECISION NOT NULL,
    state TEXT NOT NULL,
    settler TEXT NOT NULL
)"""
_APPROVALS = """
CREATE TABLE approvals (
    request TEXT NOT NULL,
    approver TEXT NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (request, approver)
)"""
_WORKS = """
CREATE TABLE works (
    name TEXT PRIMARY KEY,
    line TEXT NOT NULL,
    asker TEXT NOT NULL,
    team TEXT NOT NULL,
    enterprise TEXT NOT NULL,
    channel TEXT NOT NULL,
    thread TEXT NOT NULL,
    message TEXT NOT NULL,
    digest TEXT NOT NULL,
    begun DOUBLE PRECISION NOT NULL,
    owner TEXT NOT NULL,
    until DOUBLE PRECISION NOT NULL,
    state TEXT NOT NULL,
    outcome TEXT NOT NULL
)"""
_INCIDENTS = """
CREATE TABLE incidents (
    name TEXT PRIMARY KEY,
    key TEXT NOT NULL,
    state TEXT NOT NULL,
    content TEXT NOT NULL,
    version INTEGER NOT NULL,
    drawn INTEGER NOT NULL,
    channel TEXT NOT NULL,
    message TEXT NOT NULL,
    posted DOUBLE PRECISION NOT NULL,
    seen DOUBLE PRECISION NOT NULL,
    until DOUBLE PRECISION NOT NULL
)"""

MIGRATIONS: Migrations = (
    (
        _REQUESTS,
        "CREATE INDEX requests_by_state ON requests (state, until)",
        _APPROVALS,
        _WORKS,
        "CREATE INDEX works_by_state ON works (state, until)",
        "CREATE TABLE deliveries (name TEXT PRIMARY KEY, until DOUBLE PRECISION NOT NULL)",
        "CREATE TABLE facts (name TEXT PRIMARY KEY, content TEXT NOT NULL)",
    ),
    (
        "ALTER TABLE works ADD COLUMN wanted TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE works ADD COLUMN halted BIGINT NOT NULL DEFAULT 0",
    ),
    (
        "CREATE TABLE installations (team TEXT PRIMARY KEY, content TEXT NOT NULL, at DOUBLE PRECISION NOT NULL)",
        "CREATE TABLE states (state TEXT PRIMARY KEY, until DOUBLE PRECISION NOT NULL)",
    ),
    (
        _INCIDENTS,
        "CREATE UNIQUE INDEX incidents_open ON incidents (key) WHERE state = 'open'",
        "CREATE INDEX incidents_by_seen ON incidents (seen)",
    ),
)

T = TypeVar("T", bound="DataclassInstance")


def columns(kind: type[DataclassInstance]) -> str:
    """Return the columns of a table, which are the fields of its value."""
    return ", ".join(field.name for field in fields(kind))


def added(table: str, value: DataclassInstance) -> Statement:
    """Return what adds a row."""
    values = astuple(value)
    holes = ", ".join("?" * len(values))
    return f"INSERT INTO {table} ({columns(type(value))}) VALUES ({holes})", values  # noqa: S608 # names of our own


def of_row(kind: type[T], row: Sequence[object]) -> T:
    """Return the value of a row."""
    found: Any = kind
    made: T = found(**dict(zip([field.name for field in fields(kind)], row, strict=True)))
    return made
