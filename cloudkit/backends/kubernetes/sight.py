"""What there is of one app, kept up to date by watches, so that a wait hears of each change as it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Condition, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from cloudkit.backends.kubernetes.ending import Ending
from cloudkit.backends.kubernetes.jobobjects import Job
from cloudkit.backends.kubernetes.labels import app_selector
from cloudkit.backends.kubernetes.objects import Pod, Workload
from cloudkit.backends.kubernetes.owners import COLLECTIONS
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.kubernetes.watching import Change, Kept

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["Sight"]

K = TypeVar("K", bound=Kept)


class Followed(Generic[K]):
    """A collection, listed once and then followed by a thread.

    Args:
        client: A connection to the API server.
        path: The collection.
        kind: What its objects are read as.
        selectors: Which of them: ``labels`` or ``fields``.
        ending: Ends the thread.
        tell: Is called after each change, and when the watch has failed.
    """

    def __init__(
        self,
        client: Client,
        path: str,
        kind: type[K],
        selectors: dict[str, str],
        *,
        ending: Ending,
        tell: Callable[[], None],
    ) -> None:
        listing = client.list(path, kind, labels=selectors.get("labels", ""), fields=selectors.get("fields", ""))
        self.failure: Exception | None = None
        self._items = {item.metadata.uid: item for item in listing.items}
        self._tell = tell
        changes = client.watch(
            path,
            kind,
            labels=selectors.get("labels", ""),
            fields=selectors.get("fields", ""),
            since=listing,
            ending=ending,
        )
        Thread(target=self._follow, args=(changes,), name=f"watch {path}", daemon=True).start()

    @property
    def items(self) -> tuple[K, ...]:
        """What is there now."""
        if self.failure is not None:
            raise self.failure
        return tuple(self._items.copy().values())

    def _follow(self, changes: Iterator[Change[K]]) -> None:
        try:
            for change in changes:
                if change.type == "DELETED":
                    self._items.pop(change.object.metadata.uid, None)
                else:
                    self._items[change.object.metadata.uid] = change.object
                self._tell()
        except Exception as error:  # noqa: BLE001  # whatever it is, who waits is told: nobody else would be
            self.failure = error
            self._tell()


class Sight:
    """An app's pods and what makes them, followed while the block lasts.

    Args:
        client: A connection to the API server.
        app: Whose.
        kind: The kind of what makes them.
    """

    def __init__(self, client: Client, app: str, kind: str = "Deployment") -> None:
        self._client = client
        self._app = app
        self._kind = kind
        self._ending = Ending()
        self._changed = Condition()
        self._news = False
        self._jobs: Followed[Job] | None = None

    def __enter__(self) -> Self:
        named = {"fields": f"metadata.name={self._app}"}
        try:
            self._owners = self._followed(COLLECTIONS[self._kind], Workload, named)
            if self._kind == "CronJob":  # what a job comes to changes while its record stays
                self._jobs = self._followed("jobs", Job, {"labels": app_selector(self._app)})
            self._pods = self._followed("pods", Pod, {"labels": app_selector(self._app)})
        except BaseException:  # else the first would be followed for ever
            self._ending.end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.end()

    @property
    def owner(self) -> Workload | None:
        """What makes the app's pods; None when there is none."""
        return next(iter(self._owners.items), None)

    @property
    def pods(self) -> tuple[Pod, ...]:
        """The app's pods, those that are ending too."""
        return self._pods.items

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The app's Jobs, those that are ending too."""
        return self._jobs.items if self._jobs is not None else ()

    def wait(self, seconds: float) -> None:
        """Return as soon as anything has changed since the last wait, or after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._news, max(0.0, seconds))
            self._news = False

    def _followed(self, resource: str, kind: type[K], selectors: dict[str, str]) -> Followed[K]:
        path = object_path(resource, self._client.namespace)
        return Followed(self._client, path, kind, selectors, ending=self._ending, tell=self._tell)

    def _tell(self) -> None:
        with self._changed:
            self._news = True
            self._changed.notify_all()
