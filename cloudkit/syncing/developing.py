"""Keep files of this machine the same in running replicas, and restart what must read them anew."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cloudkit.backends.laying import Laying, Reviving
from cloudkit.backends.protocol import Backend
from cloudkit.engine.dockerignore import Ignore
from cloudkit.errors import CloudkitError, NotFoundError, UnsupportedError, UsageError
from cloudkit.model.log import Event
from cloudkit.model.state import Replica, ReplicaPhase
from cloudkit.model.sync import Sync
from cloudkit.syncing.tree import Change, Look, Tree, difference

__all__ = ["developed"]

LOOK = 1.0  # seconds between two looks at the replicas while nothing is saved
BURST = 0.3  # seconds of saves that count as one
READY = 30.0  # seconds that a restarted replica may take
STEADY = 1.0  # seconds that it must go on being ready, as a balancer may not have seen yet that it has ended
TICK = 0.1  # seconds between two looks at it
RUNNING = frozenset({ReplicaPhase.READY, ReplicaPhase.STARTING, ReplicaPhase.UNREADY})
ENDED = frozenset({ReplicaPhase.CRASHED, ReplicaPhase.COMPLETED})  # a replica that keeps its files can be mended then
Life = tuple[str, int]
Watch = Callable[..., Iterator[object]]


def developed(
    backend: Backend,
    name: str,
    syncs: Sequence[str],
    *,
    restart: Sequence[str] | None,
    ignore: Sequence[str],
    watch: Watch | None = None,
) -> Iterator[Event]:
    """Copy the sources into all replicas, then what changes of them, until interrupted; yield what was done.

    Args:
        backend: Where the app is.
        name: The app.
        syncs: Sources and targets, such as ``src:/app``.
        restart: Patterns of files whose change restarts replicas; None is every file, where replicas can be restarted
            in place.
        ignore: Patterns of what is left out.
        watch: Yields something true when a file was saved, and something false now and then.

    Raises:
        UsageError: There is nothing to keep the same.
        NotFoundError: There is no such app, or no such source.
        UnsupportedError: The backend cannot lay files, or cannot restart a replica and was asked to.
    """
    if not syncs:
        raise UsageError("develop needs what to keep the same", hint=f"cloudkit develop {name} src:/app")
    if not isinstance(backend, Laying) or (restart and not isinstance(backend, Reviving)):
        message = f"on {backend.name} a replica that is restarted begins anew from its image, without what was synced"
        raise UnsupportedError(message, capability="develop", hint="a program that reloads itself, and no --restart")
    trees = [Tree(Sync.parse(text), ignore) for text in syncs]
    backend.get(name)
    patterns = Ignore.parse("\n".join(["**"] if restart is None else restart))
    return Developing(backend, name, trees, patterns).run(watch or saved)


@dataclass
class Developing:
    """One app that is developed.

    Args:
        backend: Where it is.
        name: The app.
        trees: What is kept the same.
        restarting: Matches the files whose change restarts replicas.
    """

    backend: Any
    name: str
    trees: Sequence[Tree]
    restarting: Ignore
    _lives: dict[str, Life] = field(default_factory=dict)
    _looks: list[Look] = field(default_factory=list)

    def run(self, watch: Watch) -> Iterator[Event]:
        """Sync at first, then whatever changes, until interrupted."""
        try:
            self._looks = [tree.look() for tree in self.trees]
            yield from self._newcomers()
            yield self._event("", "watch", ", ".join(str(tree.sync) for tree in self.trees) + self._reloading)
            first = True  # what was saved before the watch began
            for stirred in watch(*{tree.root for tree in self.trees}):
                if stirred or first:
                    yield from self._saved()
                first = False
                yield from self._newcomers()
        except NotFoundError as gone:
            yield self._event("", "end", gone.summary)
        except KeyboardInterrupt:
            yield self._event("", "end", self._rest())

    def _saved(self) -> Iterator[Event]:
        """Bring what has changed to the replicas that have the files so far, and restart them one by one."""
        moved = []
        for number, tree in enumerate(self.trees):
            before, self._looks[number] = self._looks[number], tree.look()
            change = difference(before, self._looks[number])
            moved += [(tree, change)] if change else []
        if not moved:
            return
        known = [one for one in self._running() if self._lives.get(one.name) == self._life(one)]
        for replica in known:
            yield from self._laid(replica, moved)
        names = [name for _, change in moved for name in (*change.there, *change.gone)]
        if any(self.restarting.excludes(name) for name in names):
            yield from self._restarted(known)

    def _newcomers(self) -> Iterator[Event]:
        """Give all files to each replica that has not got them: at first to all, then to those that are new."""
        fresh = [one for one in self._running() if self._lives.get(one.name) != self._life(one)]
        for replica in fresh:
            self._lives[replica.name] = self._life(replica)
            looks = zip(self.trees, self._looks, strict=True)
            yield from self._laid(replica, [(tree, difference({}, look)) for tree, look in looks])
        yield from self._restarted(fresh)

    def _laid(self, replica: Replica, moved: Sequence[tuple[Tree, Change]]) -> Iterator[Event]:
        for tree, change in moved:
            with tempfile.TemporaryDirectory(prefix="cloudkit-sync-") as staged:
                tree.stage(change, Path(staged))
                try:
                    self.backend.lay(self.name, Path(staged), tree.target, replica=replica.name, gone=change.gone)
                except CloudkitError as error:
                    self._lives.pop(replica.name, None)  # it gets all of it again
                    yield self._event(replica.name, "failed", error.summary)
                else:
                    yield self._event(replica.name, "sync", f"{change} at {tree.sync.target}")

    def _restarted(self, replicas: Sequence[Replica]) -> Iterator[Event]:
        """Restart replicas one after the other; the next one only once the one before serves again."""
        if not self._keeps or not self.restarting.patterns:
            return
        for replica in replicas:
            if replica.name not in self._lives:
                continue
            self.backend.revive(self.name, replica.name)
            yield self._event(replica.name, "restart", "")
            if not self._serves(replica):
                cause = self.backend.diagnose(self.name)
                yield self._event(replica.name, "failed", cause.summary if cause else "it is not ready")
                return

    def _serves(self, replica: Replica) -> bool:
        """Wait for a restarted replica; one that ends again is not waited for, as the next save may mend it."""
        ends, steady = time.monotonic() + READY, 0
        while time.monotonic() < ends:
            now = next((one for one in self.backend.get(self.name).replicas if one.id == replica.id), None)
            steady = steady + 1 if now is not None and now.ready else 0
            if now is None or steady > STEADY / TICK:
                return True
            if now.phase in ENDED or now.restarts > replica.restarts:
                return False
            time.sleep(TICK)
        return False

    def _running(self) -> list[Replica]:
        """Return the replicas that can be given files: one that keeps them also while it has crashed."""
        phases = RUNNING | ENDED if self._keeps else RUNNING
        return [one for one in self.backend.get(self.name).replicas if one.phase in phases]

    @property
    def _reloading(self) -> str:
        return "" if self._keeps or not self.restarting.patterns else "; the program must reload what changes itself"

    @property
    def _keeps(self) -> bool:
        """True where a replica that starts again still has its files."""
        return isinstance(self.backend, Reviving)

    def _life(self, replica: Replica) -> Life:
        """What names the file system that a replica has now."""
        return replica.id, 0 if self._keeps else replica.restarts

    def _rest(self) -> str:
        """What the app is in when one ceases to develop it."""
        state = self.backend.get(self.name)
        return f"{state.counted}; replicas keep what was synced until they are replaced: cloudkit restart {self.name}"

    def _event(self, item: str, action: str, message: str) -> Event:
        return Event(time=datetime.now(UTC), app=self.name, object=item or self.name, action=action, message=message)


def saved(*roots: Path) -> Iterator[object]:
    """Yield what was saved below some folders, a burst at a time, and nothing now and then."""
    import watchfiles

    burst, look = int(BURST * 1000), int(LOOK * 1000)
    yield from watchfiles.watch(
        *roots,
        watch_filter=None,
        yield_on_timeout=True,
        raise_interrupt=True,
        debounce=burst,
        step=50,
        rust_timeout=look,
    )
