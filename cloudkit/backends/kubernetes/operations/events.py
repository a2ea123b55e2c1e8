"""What happened to the objects of an app, or of all, and what happens from now on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.ending import Ending
from cloudkit.backends.kubernetes.finding import find_owner
from cloudkit.backends.kubernetes.happening import Happening
from cloudkit.backends.kubernetes.labels import COMPONENT, NAME, OWNED, Component, app_selector
from cloudkit.backends.kubernetes.objects import Listing, Pod
from cloudkit.backends.kubernetes.operations.happenings import Told, apps_of, deaths, told_of
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.errors import CloudkitError
from cloudkit.model.log import Event, LogQuery

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["read_events"]

GLANCE = 1.0
"""Seconds between two looks at whether the time that is asked for is over."""
FAREWELL = 3.0
_REPLICAS = f"{OWNED},{COMPONENT}={Component.REPLICA}"


def read_events(client: Client, app: str | None, query: LogQuery) -> Generator[Event, None, None]:
    """Yield what happened to an app's pods and what makes them, or to those of all apps, oldest first.

    A cluster forgets its events after an hour, and how a container ended with its pod. ``tail`` counts all events
    together. Following without ``since`` and ``tail`` begins now.

    Raises:
        BackendError: The cluster failed or does not answer.
    """
    reading = _Reading(client, app, query)
    yield from reading.past()
    if query.follow:
        yield from reading.coming()


class _Reading:
    """One reading of events: the past, then what comes, with one memory of what was told."""

    def __init__(self, client: Client, app: str | None, query: LogQuery) -> None:
        self._client = client
        self._query = query
        self._told: set[tuple[str, str]] = set()
        self._ours = _Owned(client, app)
        self._selector = app_selector(app) if app else _REPLICAS
        self._pods: Listing[Pod] = Listing()
        self._happenings: Listing[Happening] = Listing()

    def past(self) -> Iterator[Event]:
        """Yield what has happened until now and is wanted."""
        space, query = self._client.namespace, self._query
        self._pods = self._client.list(object_path("pods", space), Pod, labels=self._selector)
        self._happenings = self._client.list(object_path("events", space), Happening)
        told = [*self._of_pods(self._pods.items), *self._of_happenings(self._happenings.items)]
        fresh = sorted((one for one in told if self._is_new(one)), key=lambda one: one.place)
        if query.follow and query.since is None and query.tail is None:
            return
        wanted = [one.event for one in fresh if self._wants(one.event)]
        yield from wanted if query.tail is None else deque(wanted, maxlen=query.tail)

    def coming(self) -> Iterator[Event]:
        """Yield what happens from now on, until the time that is asked for is over."""
        queue: SimpleQueue[Told | CloudkitError] = SimpleQueue()
        ending = Ending()
        threads = [self._follow(look, queue, ending) for look in (self._watch_pods, self._watch_happenings)]
        try:
            while not self._is_over():
                try:
                    told = queue.get(timeout=GLANCE)
                except Empty:
                    continue
                if isinstance(told, CloudkitError):
                    raise told
                if self._is_new(told) and self._wants(told.event):
                    yield told.event
        finally:
            ending.end()
            for thread in threads:
                thread.join(FAREWELL)

    def _follow(
        self,
        look: Callable[[Ending], Iterator[Told]],
        queue: SimpleQueue[Told | CloudkitError],
        ending: Ending,
    ) -> Thread:
        """Let a thread hand on what a watch tells."""

        def work() -> None:
            try:
                for told in look(ending):
                    queue.put(told)
            except CloudkitError as error:
                queue.put(error)

        thread = Thread(target=work, name="cloudkit-events", daemon=True)
        thread.start()
        return thread

    def _watch_pods(self, ending: Ending) -> Iterator[Told]:
        path = object_path("pods", self._client.namespace)
        for change in self._client.watch(path, Pod, labels=self._selector, since=self._pods, ending=ending):
            yield from self._of_pods([change.object])

    def _watch_happenings(self, ending: Ending) -> Iterator[Told]:
        path = object_path("events", self._client.namespace)
        for change in self._client.watch(path, Happening, since=self._happenings, ending=ending):
            if change.type != "DELETED":
                yield from self._of_happenings([change.object])

    def _of_pods(self, pods: Iterable[Pod]) -> Iterator[Told]:
        for pod in pods:
            self._ours.add(pod.metadata.name, pod.metadata.labels.get(NAME, ""))
            yield from deaths(pod)

    def _of_happenings(self, happenings: Iterable[Happening]) -> Iterator[Told]:
        for one in happenings:
            app = self._ours.whose(one.involved_object.kind, one.involved_object.name)
            if app:
                yield from told_of(one, app)

    def _is_new(self, told: Told) -> bool:
        new = told.key not in self._told
        self._told.add(told.key)
        return new

    def _wants(self, event: Event) -> bool:
        query = self._query
        return (
            query.replica in {None, event.object}
            and (query.since is None or event.time >= query.since.astimezone(UTC))
            and (query.until is None or event.time <= query.until.astimezone(UTC))
        )

    def _is_over(self) -> bool:
        until = self._query.until
        return until is not None and datetime.now(UTC) > until.astimezone(UTC)


class _Owned:
    """Which apps are asked for: one, or all that the cluster has a record or a pod of ours for."""

    def __init__(self, client: Client, app: str | None) -> None:
        self._client = client
        self._app = app
        self._kinds: dict[str, str] = {}
        self._pods: dict[str, str] = {}

    def add(self, pod: str, app: str) -> None:
        """Note a pod of ours, whose app its label says."""
        self._pods[pod] = app

    def whose(self, kind: str, name: str) -> str:
        """Return the app that an object is of, where it is asked for; empty where it is not."""
        if kind == "Pod" and name in self._pods:
            return self._pods[name]
        asked = (one for one in apps_of(kind, name) if self._app in {None, one.app})
        return next((one.app for one in asked if self._fits(one.app, ends=one.ends)), "")

    def _fits(self, app: str, *, ends: bool) -> bool:
        """Tell whether there is such an app, or was the one that is asked for; and is it work that ends."""
        if app not in self._kinds:
            owner = find_owner(self._client, app)
            self._kinds[app] = owner.kind if owner is not None else ""
        there = self._kinds[app]
        if not there:
            return self._app is not None or app in self._pods.values()
        return ends == (there == "CronJob")
