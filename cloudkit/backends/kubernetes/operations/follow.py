"""Read one pod's log as it grows, over as many lives as its container has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import takewhile
from threading import Event, Thread
from typing import TYPE_CHECKING

from cloudkit.backends.kubernetes.appcontainer import app_status
from cloudkit.backends.kubernetes.objects import Pod
from cloudkit.backends.kubernetes.operations.loglines import read_lines
from cloudkit.backends.kubernetes.operations.pod_log import has_begun, is_missing, open_log, recorded
from cloudkit.backends.kubernetes.paths import object_path
from cloudkit.backends.replicalogs.follow import LOOK
from cloudkit.backends.replicalogs.merge import Merge, Source
from cloudkit.backends.replicalogs.position import Position
from cloudkit.backends.replicalogs.stamped import Stamped
from cloudkit.backends.replicalogs.stamps import nanoseconds
from cloudkit.backends.replicalogs.targets import Target
from cloudkit.errors import BackendError, CloudkitError

if TYPE_CHECKING:
    from cloudkit.backends.kubernetes.client import Client

__all__ = ["PodReader"]

_Life = tuple[int, bool]  # how often it was started again, and whether it runs


class PodReader(Thread):
    """Reads one pod into a source of its own.

    A container that starts again has a log of its own. The node keeps that of the life before, which is read from
    where the reading stopped, so that its last lines come, and once.
    """

    def __init__(self, client: Client, target: Target, position: Position, merge: Merge) -> None:
        super().__init__(name=f"cloudkit-log-{target.name}", daemon=True)
        self._client = client
        self._target = target
        self._position = position
        self._merge = merge
        self._source: Source = merge.open()
        self._reading: AbstractContextManager[Iterator[bytes]] | None = None
        self._ending = Event()  # no further life is waited for
        self._stopped = False
        until = position.query.until
        self._last = None if until is None else nanoseconds(until)

    def run(self) -> None:
        """Read until the pod is gone; hand a failure to whoever takes the lines."""
        failure: Exception | None = None
        try:
            self._lives()
        except CloudkitError as error:
            failure = None if self._stopped else error
        finally:
            self._merge.end(self._source, failure)

    def _lives(self) -> None:
        before: _Life | None = None
        while not self._ending.is_set() and (pod := self._pod()) is not None:
            status = app_status(pod)
            if status is None or not has_begun(status):
                self._merge.connected(self._source)
                self._ending.wait(LOOK)
                continue
            life = (status.restart_count, status.state.running is not None)
            if before is None and status.restart_count:
                self._hand_on(recorded(self._client, pod, self._position))
            elif before is not None and before[0] != life[0]:
                self._read(follow=False, previous=True)
            if life != before or life[1]:
                self._read(follow=life[1], previous=False)
            before = life
            self._ending.wait(LOOK / 10 if life[1] else LOOK)

    def _pod(self) -> Pod | None:
        """Return the pod as it is now; None when it is gone, also when another has its name."""
        path = object_path("pods", self._client.namespace, self._target.name)
        pod = self._client.find(path, Pod)
        return pod if pod is not None and pod.metadata.uid == self._target.id else None

    def _read(self, *, follow: bool, previous: bool) -> None:
        """Read until the node ends it: the container has ended, or the connection broke."""
        reading = open_log(self._client, self._target, self._position, follow=follow, previous=previous)
        try:
            with reading as chunks:
                self._reading = reading
                self._merge.connected(self._source)
                if not self._ending.is_set():
                    self._take(read_lines(_unbroken(chunks), self._target.name, whole=not follow))
        except CloudkitError as error:
            if not is_missing(error):
                raise

    def _take(self, lines: Iterable[Stamped]) -> None:
        """Hand on what was not read before, as far as it is wanted."""
        self._hand_on(record for record in takewhile(self._wanted, lines) if self._position.admit(record))

    def _hand_on(self, lines: Iterable[Stamped]) -> None:
        """Hand lines on until nobody reads any more."""
        for record in lines:
            if not self._merge.put(self._source, record):
                return

    def _wanted(self, record: Stamped) -> bool:
        """Tell whether a line is of the time that is asked for; after the first one that is younger, none is."""
        wanted = self._last is None or record.stamp <= self._last
        if not wanted:
            self._ending.set()
        return wanted

    def finish(self) -> None:
        """Wait for no further life; a pod that still runs is let go."""
        self._ending.set()
        if (reading := self._reading) is not None:
            reading.__exit__(None, None, None)

    def stop(self) -> None:
        """End at once."""
        self._stopped = True
        self.finish()


def _unbroken(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Take a connection that breaks for an end: the next reading goes on from there."""
    try:
        yield from chunks
    except BackendError:
        return
