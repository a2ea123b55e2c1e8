"""The backend on one Docker Engine in the hands of the one that heals."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from threading import Event, Thread
from typing import TYPE_CHECKING

from cloudkit.backends.docker.backend import DockerBackend
from cloudkit.backends.docker.crons import Crons
from cloudkit.backends.docker.healing.asking import Asking
from cloudkit.backends.docker.labels import selector
from cloudkit.backends.docker.look import Look
from cloudkit.backends.docker.observe import Observation, observe_app
from cloudkit.backends.docker.operations.streams import Feed, open_feed
from cloudkit.engine.errors import translate
from cloudkit.errors import CloudkitError

if TYPE_CHECKING:
    from cloudkit.backends.docker.healing.lease import Lease
    from cloudkit.engine.connect import Engine
    from cloudkit.model.probe import Probe
    from cloudkit.model.state import AppState, Replica

__all__ = ["DockerHealer"]

PARALLEL = 4  # apps that are healed at once
WAKING = ("die", "stop", "destroy", "oom", "pause", "health_status")
NO_REVISION = 0
LEAVE = 5.0  # seconds in which the engine has opened a stream of events, or will not


class DockerHealer(DockerBackend):
    """Changes nothing any more once its lease is lost.

    Args:
        engine: A connection to the engine.
        namespace: Whose apps.
        balancer_image: The image of balancers; one of our own making where empty.
        lease: The right to heal.
    """

    parallel = PARALLEL
    asks = True

    def __init__(self, engine: Engine, namespace: str, balancer_image: str, lease: Lease) -> None:
        super().__init__(engine, namespace=namespace, balancer_image=balancer_image)
        self._lease = lease
        self._watched = WatchedLook(Look(engine, self.images, namespace, self._fronts), lease)
        self._look = self._watched
        self._asking = Asking(engine, namespace)
        self._alarm = Alarm(engine, namespace)

    @property
    def seconds(self) -> float:
        """A clock that nobody sets."""
        return time.monotonic()

    @property
    def held(self) -> bool:
        """False once somebody else may be the one that heals."""
        return self._lease.held

    def rest(self, seconds: float) -> bool:
        """Let so many seconds pass, or fewer where a container of ours ends or goes."""
        return self._alarm.wait(seconds)

    def probe(self, state: AppState, replica: Replica, probe: Probe) -> str:
        """Ask a replica once; return why it fails, an empty text when it passes."""
        return self._asking.probe(state.spec, replica, probe)

    def condemn(self, replicas: Collection[str]) -> None:
        """Take these replicas, and no others, for such as are to be replaced."""
        self._watched.condemned = frozenset(replicas)

    def tend(self, name: str) -> Sequence[str]:
        """Do what a schedule asks for now, and return what that was, in words."""
        return Crons(look=self._look).tend(name)

    def close(self) -> None:
        """Let go of what is its own; the engine's connection stays."""
        self._lease.give_up()
        self._alarm.close()
        self._fronts.close()


class WatchedLook(Look):
    """Looks while the lease is held, and sees what is condemned as a replica of no wanted revision.

    So its successor starts and is ready before it is drained and removed, by the same steps as in every roll.
    """

    def __init__(self, look: Look, lease: Lease) -> None:
        super().__init__(look.engine, look.images, look.namespace, look.fronts)
        self.condemned: frozenset[str] = frozenset()
        self._lease = lease

    def observe(self, app: str) -> Observation:
        """Return what the engine holds of an app."""
        self._lease.check()
        seen = observe_app(self.engine.api, self.namespace, app)
        replicas = [replace(one, revision=NO_REVISION) if one.id in self.condemned else one for one in seen.replicas]
        return replace(seen, replicas=tuple(replicas))


class Alarm:
    """Rings when a container of a namespace ends, goes, is paused or is found ill by the engine."""

    def __init__(self, engine: Engine, namespace: str) -> None:
        self._api = engine.api
        filters = {"label": selector(namespace), "type": ["container"], "event": list(WAKING)}
        self._params = {"filters": json.dumps(filters)}
        self._rung, self._closed = Event(), Event()
        self._feed: Feed | None = None
        self._listener = Thread(target=self._listen, name="cloudkit-alarm", daemon=True)
        self._listener.start()

    def wait(self, seconds: float) -> bool:
        """Return after so many seconds, or when it rings, which is True."""
        rung = self._rung.wait(seconds)
        self._rung.clear()
        return rung

    def close(self) -> None:
        """Listen no longer; calling it twice is no error."""
        self._closed.set()
        if self._feed is not None:
            self._feed.close()
        self._listener.join(LEAVE)

    def _listen(self) -> None:
        """Hear the engine's events; one that has lost its stream asks for another, as a look is due by then anyway."""
        while not self._closed.is_set():
            with suppress(CloudkitError), translate("hear the engine's events"):
                self._feed = open_feed(self._api, "events", params=self._params)
                with self._feed:
                    self._hear(self._feed)
            self._closed.wait(1.0)

    def _hear(self, feed: Feed) -> None:
        """Ring for each event, unless it was closed while the stream was being opened."""
        if not self._closed.is_set():
            for _ in feed:
                self._rung.set()
