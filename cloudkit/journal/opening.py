"""From what the configuration says to the store that is meant."""

from __future__ import annotations

import atexit
import socket
from pathlib import Path
from threading import Lock
from weakref import WeakKeyDictionary

from cloudkit.backends.protocol import Backend
from cloudkit.config.journal import IN_MEMORY, OFF, POSTGRES
from cloudkit.journal.row import Place
from cloudkit.journal.store import Store

__all__ = ["place_of", "store_for"]

_LOCAL = ("unix:", "npipe:", "localhost", "127.", "[::1]")
_OPEN: dict[str, Store] = {}
_OF_TWINS: WeakKeyDictionary[object, Store] = WeakKeyDictionary()
_OPENING = Lock()


def store_for(setting: str, backend: Backend) -> Store | None:
    """Return the journal of a backend, the same one for all who have the same; None where none is kept.

    Args:
        setting: ``off``, ``memory``, a Postgres URL, or a file.
        backend: Whose journal; one in memory lives as long as what the backend runs on.
    """
    if setting in {OFF, ""}:
        return None
    with _OPENING:
        if setting == IN_MEMORY:
            world = getattr(backend, "world", backend)
            return _OF_TWINS.get(world) or _OF_TWINS.setdefault(world, _opened(setting))
        return _OPEN.get(setting) or _OPEN.setdefault(setting, _opened(setting))


def place_of(backend: Backend) -> Place:
    """Return what the entries of a backend are about; an address that means this machine has its name with it."""
    endpoint = backend.endpoint
    if endpoint.partition("://")[2].startswith(_LOCAL) or endpoint.startswith(_LOCAL):
        endpoint = f"{socket.gethostname()} {endpoint}"
    return Place(backend=backend.name, endpoint=endpoint, namespace=backend.namespace)


def _opened(setting: str) -> Store:
    """Return a journal that connects when it is first used."""
    if setting.startswith(POSTGRES):
        from cloudkit.journal.postgres import PostgresDatabase

        return Store(PostgresDatabase(setting))
    from cloudkit.journal.sqlite import SqliteDatabase

    return Store(SqliteDatabase(None if setting == IN_MEMORY else Path(setting)))


def _close_all() -> None:
    while _OPEN:
        _OPEN.popitem()[1].close()


atexit.register(_close_all)
