"""The calls to an API server that the backend is made of. Threads share a client."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from cloudkit.backends.kubernetes.connection import Connection
from cloudkit.backends.kubernetes.decode import decoded, encoded, listed, plain
from cloudkit.backends.kubernetes.ending import Ending
from cloudkit.backends.kubernetes.errors import translate
from cloudkit.backends.kubernetes.exchange import Call, Exchange
from cloudkit.backends.kubernetes.labels import FIELD_MANAGER
from cloudkit.backends.kubernetes.objects import Listing
from cloudkit.backends.kubernetes.reading import Reading
from cloudkit.backends.kubernetes.refusal import refusal_of
from cloudkit.backends.kubernetes.target import Target
from cloudkit.backends.kubernetes.versions import Versions, number
from cloudkit.backends.kubernetes.watching import ROUND, Change, Heed, Kept, Watch
from cloudkit.backends.kubernetes.websocket import open_socket
from cloudkit.errors import BackendError, ConflictError, NotFoundError

if TYPE_CHECKING:
    from websocket import WebSocket

__all__ = ["Client"]

T = TypeVar("T")
K = TypeVar("K", bound=Kept)
PAGE = 1000


class Client:
    """A connection to one API server. Each call raises the errors that `translate` names, and no others.

    Args:
        connection: The way there.
        namespace: The Kubernetes namespace that its apps live in.
    """

    def __init__(self, connection: Connection, *, namespace: str) -> None:
        self.namespace = namespace
        self.cluster = connection.cluster
        self._connection = connection
        self._exchange = Exchange(connection)
        self.versions = Versions()
        """What has been written and read by it, for a memory that must not be behind that."""

    @property
    def endpoint(self) -> str:
        """The API server's address."""
        return self.cluster.server

    @property
    def verified(self) -> bool:
        """False when the kubeconfig says not to check the API server's certificate."""
        return self._connection.door().access.verified

    def __repr__(self) -> str:
        return f"<Client of {self.cluster}, namespace {self.namespace}>"

    def close(self) -> None:
        """Let go of the connections; calling it twice is no error."""
        self._connection.close()

    def get(self, path: str, kind: type[T]) -> T:
        """Return one object, as `object_path` names it.

        Raises:
            NotFoundError: It is not there.
        """
        call = Call(method="GET", path=path, repeatable=True)
        with translate(str(call.target), self.cluster):
            found = decoded(self._exchange.read(call), kind)
        self._note(path, (found,))
        return found

    def find(self, path: str, kind: type[T]) -> T | None:
        """Return one object; None when it is not there."""
        try:
            return self.get(path, kind)
        except NotFoundError:
            return None

    def raw(self, path: str) -> dict[str, Any]:
        """Return one object with all that it has."""
        return plain(self._exchange.read(Call(method="GET", path=path, repeatable=True)))

    def list(self, path: str, kind: type[T], *, labels: str = "", fields: str = "") -> Listing[T]:
        """Return all objects of a collection, however many pages they are.

        Args:
            path: The collection.
            kind: What its objects are read as.
            labels: A selector, such as ``app.kubernetes.io/name=web``.
            fields: One of fields, such as ``status.phase=Running``.
        """
        query = (("labelSelector", labels), ("fieldSelector", fields))
        call = Call(method="GET", path=path, query=query, repeatable=True)
        with translate(f"list {path}", self.cluster):
            try:
                found = self._pages(replace(call, query=(*query, ("limit", str(PAGE)))), kind)
            except BackendError as error:
                if not _is_expired(error):
                    raise
                found = listed(self._exchange.read(call), kind)
        self._note(path, found.items)
        return found

    def _pages(self, call: Call, kind: type[T]) -> Listing[T]:
        page = listed(self._exchange.read(call), kind)
        items = list(page.items)
        while page.metadata.continue_:
            query = (*call.query, ("continue", page.metadata.continue_))
            page = listed(self._exchange.read(replace(call, query=query)), kind)
            items += page.items
        return Listing(items=tuple(items), metadata=page.metadata)

    def watch(
        self,
        path: str,
        kind: type[K],
        *,
        version: str = "",
        labels: str = "",
        fields: str = "",
        since: Listing[K] | None = None,
        timeout: float | None = None,
        ending: Ending | None = None,
        heed: Heed | None = None,
        every: float = ROUND,
    ) -> Iterator[Change[K]]:
        """Yield what happens to the objects of a collection; ended, cut and hanging connections are made anew.

        Args:
            path: The collection.
            kind: What its objects are read as.
            version: A listing's ``metadata.resource_version``; without one, all that is there comes first, as ADDED.
            labels: A selector.
            fields: One of fields.
            since: A listing to go on from, which the caller has seen, in place of a version.
            timeout: Seconds until it ends; None never ends.
            ending: Ends it from another thread.
            heed: Hears how it fares.
            every: Seconds after which the server ends a round of it.
        """
        query = (("labelSelector", labels), ("fieldSelector", fields))
        call = Call(method="GET", path=path, query=(*query, ("watch", "true"), ("allowWatchBookmarks", "true")))

        def reopen(start: str, seconds: float, idle: float) -> Any:
            rounded = (("resourceVersion", start), ("timeoutSeconds", str(max(1, math.ceil(seconds)))))
            return self._exchange.open(replace(call, query=(*call.query, *rounded), timeout=idle))

        watch = Watch(
            kind,
            version=since.metadata.resource_version if since else version,
            known=since.items if since else (),
            relist=lambda: self.list(path, kind, labels=labels, fields=fields),
            reopen=reopen,
            timeout=timeout,
            ending=ending,
            heed=heed,
            every=every,
        )
        with translate(str(call.target), self.cluster):
            for change in watch.changes():
                self.versions.note(path, change.object.metadata.resource_version)
                yield change

    def create(self, path: str, body: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """Make an object in a collection.

        Raises:
            ConflictError: One of that name is there.
        """
        query = (*_managed(dry_run=dry_run), ("fieldValidation", "Strict"))
        return self._written(Call(method="POST", path=path, query=query, body=encoded(body), repeatable=dry_run))

    def apply(
        self, path: str, body: Mapping[str, Any], *, dry_run: bool = False, force: bool = False
    ) -> dict[str, Any]:
        """Make an object be as it says, by server-side apply as the manager ``cloudkit``.

        Args:
            path: The object.
            body: The fields that are wanted; with ``metadata.resourceVersion``, only of that version.
            dry_run: The server says what would be, and changes nothing.
            force: Take fields that others own.

        Raises:
            ConflictError: Somebody else owns a field, or the version is another one.
        """
        query = (*_managed(dry_run=dry_run), ("fieldValidation", "Strict"), ("force", "true" if force else "false"))
        locked = "resourceVersion" in body.get("metadata", {})
        return self._written(
            Call(
                method="PATCH",
                path=path,
                query=query,
                body=encoded(body),
                content_type="application/apply-patch+yaml",
                repeatable=dry_run or not locked,
            )
        )

    def patch(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change some fields of an object, by a merge patch."""
        call = Call(
            method="PATCH",
            path=path,
            query=_managed(dry_run=False),
            body=encoded(body),
            content_type="application/merge-patch+json",
        )
        return self._written(call)

    def delete(
        self,
        path: str,
        *,
        grace: float | None = None,
        propagation: str = "Background",
        uid: str = "",
        version: str = "",
    ) -> bool:
        """Delete an object; False when it was gone already.

        Args:
            path: The object.
            grace: Seconds that its containers may take to end; the object's own where None.
            propagation: What becomes of what it owns: ``Background``, ``Foreground`` or ``Orphan``.
            uid: Only the object of that identity, not a later one of the same name.
            version: Only while it is of that version.

        Raises:
            ConflictError: Its version is another one.
        """
        options: dict[str, Any] = {"propagationPolicy": propagation}
        options |= {"gracePeriodSeconds": math.ceil(grace)} if grace is not None else {}
        conditions = {"uid": uid, "resourceVersion": version}
        options["preconditions"] = {name: value for name, value in conditions.items() if value}
        try:
            self._exchange.read(Call(method="DELETE", path=path, body=encoded(options), repeatable=True))
        except NotFoundError:
            return False
        except ConflictError:
            if version or not uid:
                raise
            return False
        finally:
            self.versions.doubt(path)  # an answer need not tell the version
        return True

    def _written(self, call: Call) -> dict[str, Any]:
        """Make a call that changes an object, and return it as it is then."""
        try:
            body = plain(self._exchange.read(call))
        except BaseException:
            self.versions.doubt(call.path)  # it may have been done all the same
            raise
        self.versions.note(call.path, _version(body))
        return body

    def _note(self, path: str, items: Iterable[Any]) -> None:
        """Take down the newest version of what was read."""
        if self.versions.heeded:
            found = [one.metadata.resource_version for one in items if hasattr(one, "metadata")]
            newest = max(found, key=lambda one: number(one) or 0, default="")
            if newest:
                self.versions.note(path, newest)

    def stream(
        self, path: str, query: Mapping[str, str], *, patience: float | None = None
    ) -> AbstractContextManager[Iterator[bytes]]:
        """Return an answer that goes on, such as a log, in chunks as they come; leaving it ends a blocked read.

        Args:
            path: What answers.
            query: The parameters after it.
            patience: Seconds that it may let wait for its next byte, and it is not tried again; None has no limit.
        """
        items, again = tuple(query.items()), patience is None
        call = Call(method="GET", path=path, query=items, repeatable=again, timeout=patience)
        return Reading(str(call.target), lambda: self._exchange.open(call), self.cluster)

    def socket(self, path: str, query: Sequence[tuple[str, str]]) -> WebSocket:
        """Open a two-way connection: ``exec``, ``attach``, ``portforward``."""
        with translate(str(Target.of("POST", path)), self.cluster):
            return self._exchange.signed(lambda door: open_socket(door, path, query))


def _version(body: Mapping[str, Any]) -> str:
    metadata = body.get("metadata")
    return str(metadata.get("resourceVersion", "")) if isinstance(metadata, Mapping) else ""


def _managed(*, dry_run: bool) -> tuple[tuple[str, str], ...]:
    return (("fieldManager", FIELD_MANAGER), ("dryRun", "All" if dry_run else ""))


def _is_expired(error: Exception) -> bool:
    refusal = refusal_of(error)
    return refusal is not None and refusal.status == 410
