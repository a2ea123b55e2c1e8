"""Up to where this process knows each collection: what a memory of it must have seen before it may answer."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from cloudkit.backends.kubernetes.forking import in_child
from cloudkit.backends.kubernetes.target import Target

__all__ = ["Known", "Versions", "number"]


@dataclass(frozen=True, slots=True)
class Known:
    """What this process knows of one collection.

    Args:
        newest: The newest version of an object of it that was written or read here.
        doubts: How often something was done to it of which no version was told, as when an object is deleted.
    """

    newest: int = 0
    doubts: int = 0


class Versions:
    """What one client knows of each collection, from its own writes and reads, once somebody heeds it.

    Versions of one store are numbers that grow; one that is none is a doubt.
    Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions

    >>> versions = Versions()
    >>> versions.heeded = True
    >>> versions.note("/api/v1/namespaces/shop/pods/web-1", "17")
    >>> versions.of("/api/v1/namespaces/shop/pods")
    Known(newest=17, doubts=0)
    """

    def __init__(self) -> None:
        self._begin()
        in_child(self._begin)

    def _begin(self) -> None:
        self.heeded = False
        self._lock = Lock()
        self._known: dict[tuple[str, str, str], Known] = {}

    def note(self, path: str, version: str) -> None:
        """Take down a version of an object, or of one in a collection."""
        if not self.heeded:
            return
        found = number(version)
        if found is None:
            self.doubt(path)
            return
        key = _key(path)
        with self._lock:
            known = self._known.get(key, Known())
            if found > known.newest:
                self._known[key] = Known(found, known.doubts)

    def doubt(self, path: str) -> None:
        """Take down that something may have changed, and nobody knows the version."""
        if not self.heeded:
            return
        key = _key(path)
        with self._lock:
            known = self._known.get(key, Known())
            self._known[key] = Known(known.newest, known.doubts + 1)

    def of(self, path: str) -> Known:
        """Return what is known of a collection."""
        with self._lock:
            return self._known.get(_key(path), Known())


def number(version: str) -> int | None:
    """Return a version as the number that it is in every store so far; None for any other."""
    return int(version) if version.isascii() and version.isdigit() else None


def _key(path: str) -> tuple[str, str, str]:
    target = Target.of("GET", path)
    return target.group, target.resource, target.namespace
