"""Bring the replicas of one app to what is wanted, step by step, from whatever is there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from cloudkit.backends.memory.causes import cause_of, late
from cloudkit.backends.memory.container import Container
from cloudkit.backends.memory.decide import surplus
from cloudkit.backends.memory.moves import ended, farewell
from cloudkit.backends.memory.ordered import ordered_moves
from cloudkit.backends.memory.record import Record
from cloudkit.backends.memory.world import World
from cloudkit.errors import ConflictError, RolloutError
from cloudkit.model.cause import Cause
from cloudkit.model.progress import Listener, Phase, Progress
from cloudkit.model.state import ReplicaPhase

__all__ = ["Roll"]

TICK = 0.1  # seconds between two looks


@dataclass(slots=True, kw_only=True)
class Roll:
    """One app's way to its wanted replicas.

    Args:
        world: Where.
        record: The app.
        generation: The generation that it acts for; a newer one ends it.
        listener: Hears of each step.
    """

    world: World
    record: Record
    generation: int
    listener: Listener
    _failed: Cause | None = None
    _seen: tuple[int, ...] = ()
    _progressed: float = 0.0
    _revived: set[str] = field(default_factory=set)

    def run(self, timeout: float | None) -> None:
        """Act and let time pass until all is as wanted.

        Raises:
            RolloutError: A replica does not become ready; the old revision, where there was one, is back.
            ConflictError: Somebody else wants something newer.
        """
        self._begin()
        ends = None if timeout is None else self.world.clock.seconds + timeout
        while not self._look(ends):
            self.world.clock.step(TICK)
            time.sleep(0)  # other threads, which may send requests meanwhile, get their turn

    def leave(self) -> None:
        """Do what can be done now and the rest as time passes, with nobody waiting."""
        self._begin()
        self._go_on()

    def _begin(self) -> None:
        self._progressed = self.world.clock.seconds
        for container in self.record.containers:
            if container.refused:
                container.refused = self.world.refusal(self.record.spec)

    def _go_on(self) -> None:
        try:
            done = self._look(None)
        except (RolloutError, ConflictError):
            return
        if not done:
            self.world.clock.after(TICK, self._go_on)

    def _look(self, ends: float | None) -> bool:
        """Act once; True when all is as wanted."""
        with self.world.clock.lock:
            self._guard()
            moved = self._move()
            self._tell()
            if not moved and self._settled():
                self.record.settle()
                self._raise_if_failed()
                return True
            self._check(ends)
            return False

    def _guard(self) -> None:
        present = self.world.records.get(self.record.app)
        if present is self.record and self.record.generation == self.generation:
            return
        name = self.record.spec.name
        message = f"app {name!r} was changed by someone else while it rolled (generation {self.generation})"
        raise ConflictError(message, hint=f"cloudkit status {name}")

    def _move(self) -> bool:
        moved = False
        moves = ordered_moves if self.record.spec.kind == "stateful" else _moves
        for move in list(moves(self.record, self.world.clock.seconds, self._revived)):
            self.world.faults.step()
            self._perform(*move)
            moved = True
        return moved

    def _perform(self, verb: str, container: Container | int | None) -> None:
        if not isinstance(container, Container):
            container = self.world.create(self.record, container)
            self.world.faults.step()
        if verb == "start":
            self._revived.add(container.id)
            container.start()
        elif verb == "drain":
            container.draining_since = self.world.clock.seconds
        elif verb == "stop":
            container.stop()
        elif verb == "remove":
            self.world.lose(container)

    def _settled(self) -> bool:
        spec, containers = self.record.spec, self.record.containers
        if spec.stopped:
            return not any(one.running for one in containers)
        return sum(one.serving for one in containers) == len(containers) == spec.replicas

    def _check(self, ends: float | None) -> None:
        """Give up when waiting longer cannot help, or has lasted long enough."""
        now, deadline = self.world.clock.seconds, self._deadline()
        cause = cause_of(self.record)
        if cause is not None and cause.certain:
            self._fail(cause)
        elif now - self._progressed > deadline or (ends is not None and now > ends):
            self._fail(late(self.record, now - self._progressed))

    def _deadline(self) -> float:
        startup = self.record.spec.startup
        if startup is None:
            return self.record.spec.rollout.deadline
        return startup.initial_delay + (startup.failure_threshold + 1) * max(startup.period, startup.timeout)

    def _fail(self, cause: Cause) -> None:
        """Go back to what was true before, and raise once that is so; at once where nothing was."""
        first = self._failed is None
        self._failed = self._failed or cause
        if not (first and self.record.go_back(self.world.clock.now)):
            self._raise_if_failed()
        self.generation = self.record.generation
        self.world.publish(self.record)
        self.world.journal.happened(self.record.app, self.record.spec.name, "rollback", cause.summary)
        self._progressed = self.world.clock.seconds

    def _raise_if_failed(self) -> None:
        if self._failed is not None:
            raise RolloutError(f"app {self.record.spec.name!r}: {self._failed.summary}", cause=self._failed)

    def _tell(self) -> None:
        containers = self.record.containers
        ready = sum(one.serving and one.revision == self.record.revision for one in containers)
        seen = (ready, len(containers), sum(one.draining for one in containers))
        if seen == self._seen:
            return
        self._seen, self._progressed = seen, self.world.clock.seconds
        total, name = self.record.spec.replicas, self.record.spec.name
        self.listener(
            Progress(
                phase=Phase.ROLL, item=name, message=f"{ready}/{total} ready", current=min(ready, total), total=total,
                unit="replicas", done=self._settled(),
            )
        )  # fmt: skip


def _moves(record: Record, now: float, revived: set[str]) -> Iterator[tuple[str, Container | None]]:
    """Return what may be done now: never run more than ``max_surge`` too many, nor serve with too few.

    None stands for a replica that is to be made.
    """
    leaving = [one for one in record.containers if one.draining]
    staying = [one for one in record.containers if not one.draining]
    for one in leaving:
        yield from farewell(one, record, now)
    if record.spec.stopped:
        yield from _rest(record, staying)
        return
    new = [one for one in staying if one.revision == record.revision]
    old = [one for one in staying if one.revision != record.revision]
    yield from (("start", one) for one in _revivable(record, new) if one.id not in revived)
    yield from (("drain", one) for one in _retirable(record, new, old))
    room = record.spec.replicas + record.spec.rollout.max_surge - len(record.containers)
    missing = record.spec.replicas - len(new)
    rolling = any(one.revision != record.revision for one in record.containers)
    for _ in range(min(missing, room) if rolling else missing):
        yield "start", None


def _rest(record: Record, staying: list[Container]) -> Iterator[tuple[str, Container]]:
    for one in staying:
        if one.revision != record.revision:
            yield "drain", one
        elif one.running or one.phase is ReplicaPhase.CRASHED:
            yield "stop", one


def _revivable(record: Record, new: list[Container]) -> Iterator[Container]:
    for one in new[: record.spec.replicas]:
        if ended(one, record) and not one.refused:
            yield one


def _retirable(record: Record, new: list[Container], old: list[Container]) -> list[Container]:
    """Return what can go now: what is too many, old ones that serve nobody, and ready ones as the spec spares them."""
    spec = record.spec
    if not old:
        by_name = {one.name: one for one in new}
        return [by_name[one.name] for one in surplus([one.snapshot() for one in new], len(new) - spec.replicas)]
    serving = [one for one in old if one.serving]
    useless = [one for one in old if not one.serving]
    spare = sum(one.serving for one in new) + len(serving) - max(0, spec.replicas - spec.rollout.max_unavailable)
    return [*useless, *serving[: max(0, spare)]]
