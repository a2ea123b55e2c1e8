"""A loopback API server that keeps one collection: lists, watches, versions that expire, and connections that break."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from unit.backends.kubernetes.apiserver import DROP, Api, Asked, Reply, Stream, event, failure

__all__ = ["PATH", "Store"]

PATH = "/api/v1/namespaces/shop/configmaps"


class Store:
    """The objects of one collection, and what has happened to them.

    Args:
        api: The server that answers for it.
        names: The objects that may be there.
    """

    def __init__(self, api: Api, names: str) -> None:
        self.api = api
        self.version = 100
        self.objects: dict[str, dict[str, Any]] = {}
        self.away = False
        self.mute = False
        self._oldest = 0
        self._cuts = 0
        self._log: list[tuple[int, bytes]] = []
        self._changed = threading.Condition()
        api.on(f"GET {PATH}", self._listed)
        api.on(f"WATCH {PATH}", self._watched)
        api.on(f"POST {PATH}", lambda asked: self._written(asked.json["metadata"]["name"], asked))
        for name in names:
            api.on(f"PATCH {PATH}/{name}", lambda asked, name=name: self._written(name, asked))
            api.on(f"DELETE {PATH}/{name}", lambda _asked, name=name: self._deleted(name))

    def put(self, name: str, value: str) -> dict[str, Any]:
        """Write an object, as anybody may."""
        with self._changed:
            self.version += 1
            kind = "MODIFIED" if name in self.objects else "ADDED"
            labels = {"value": value}
            metadata = {"name": name, "uid": f"uid-{name}", "resourceVersion": str(self.version), "labels": labels}
            self.objects[name] = {"metadata": metadata}
            self._tell(kind, self.objects[name])
            return self.objects[name]

    def remove(self, name: str) -> bool:
        """Delete an object, as anybody may."""
        with self._changed:
            found = self.objects.pop(name, None)
            if found is not None:
                self.version += 1
                last = {"metadata": {**found["metadata"], "resourceVersion": str(self.version)}}
                self._tell("DELETED", last)
            return found is not None

    def forget(self) -> None:
        """Let every version before now be too old, and end all watches."""
        with self._changed:
            self._oldest = self.version
            self._log.clear()
            self._cuts += 1
            self._changed.notify_all()

    def cut(self) -> None:
        """End all watches in the middle."""
        with self._changed:
            self._cuts += 1
            self._changed.notify_all()

    def values(self) -> dict[str, str]:
        """Return what is there."""
        with self._changed:
            return {name: one["metadata"]["labels"]["value"] for name, one in self.objects.items()}

    def _tell(self, kind: str, content: dict[str, Any]) -> None:
        self._log.append((self.version, event(kind, content)))
        self._changed.notify_all()

    def _listed(self, _asked: Asked) -> Any:
        if self.away:
            return DROP
        with self._changed:
            return Reply(body={"metadata": {"resourceVersion": str(self.version)}, "items": [*self.objects.values()]})

    def _watched(self, asked: Asked) -> Any:
        since = int(asked.query["resourceVersion"])
        if self.away:
            return DROP
        with self._changed:
            if since < self._oldest:
                return failure(410, "Expired", "too old resource version")
            cuts = self._cuts
        return Stream(self._events(since, cuts), end="cut")  # type: ignore[arg-type]  # read once, as they come

    def _events(self, since: int, cuts: int) -> Iterator[bytes]:
        while True:
            with self._changed:
                self._changed.wait(0.02)
                if self._cuts != cuts or self.api.over.is_set():
                    return
                found = [] if self.mute else self._newer(since)
            yield from (line for _, line in found)
            since = max([since, *(version for version, _ in found)])

    def _newer(self, since: int) -> list[tuple[int, bytes]]:
        return [one for one in self._log if one[0] > since]

    def _written(self, name: str, asked: Asked) -> Reply:
        return Reply(body=self.put(name, asked.json["metadata"]["labels"]["value"]))

    def _deleted(self, name: str) -> Reply:
        if not self.remove(name):
            return failure(404, "NotFound")
        return Reply(body={"kind": "Status", "status": "Success"})
