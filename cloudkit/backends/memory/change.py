"""One plan made true: refused when the world moved since, else recorded and rolled."""

from __future__ import annotations

from dataclasses import dataclass

from cloudkit.backends.kinds import refuse_alike, refuse_volumes_of_others
from cloudkit.backends.memory.crons import Crons
from cloudkit.backends.memory.jobs import JobRoll
from cloudkit.backends.memory.journal import AppKey
from cloudkit.backends.memory.record import Record
from cloudkit.backends.memory.roll import Roll
from cloudkit.backends.memory.world import World
from cloudkit.backends.onenode import refuse_misplaced
from cloudkit.errors import ConflictError, RolloutError
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.plan import Plan
from cloudkit.model.progress import Listener

__all__ = ["Change"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A plan about to be applied.

    Args:
        world: Where.
        app: To which app.
        plan: The plan.
        listener: Hears of each step.
    """

    world: World
    app: AppKey
    plan: Plan
    listener: Listener

    def make(self, spec: AppSpec, *, wait: bool, timeout: float | None) -> None:
        """Record what is wanted, and bring it about."""
        with self.world.clock.lock:
            self._guard()
            if self.plan.before is None:
                refuse_alike(spec, self.world.kinds(self.app))
            owners = {name: app for (space, name), app in self.world.owners.items() if space == self.app[0]}
            refuse_volumes_of_others(spec, owners)
            refuse_misplaced(spec, self.world.node(self.app[0]))
            self._check_ports(spec)
            record = self._recorded(spec)
        if spec.kind == "cron":
            Crons(self.world).arm(record)
            record.settle()
            return
        way = JobRoll if spec.kind == "job" else Roll
        roll = way(world=self.world, record=record, generation=record.generation, listener=self.listener)
        if wait:
            roll.run(timeout)
        else:
            roll.leave()

    def delete(self) -> None:
        """Remove the app; one that is gone already is no error."""
        with self.world.clock.lock:
            record = self.world.records.get(self.app)
            if record is None:
                return
            self._guard()
            for container in list(record.containers):
                self.world.faults.step()
                container.stop()
                self.world.lose(container)
            self.world.faults.step()
            del self.world.records[self.app]
            self.world.journal.happened(self.app, self.app[1], "delete")

    def _guard(self) -> None:
        record = self.world.records.get(self.app)
        if self.world.faults.take_conflict() and record is not None:
            record.generation += 1
        present = record.generation if record else 0
        if present == self.plan.generation:
            return
        message = f"app {self.app[1]!r} was changed by someone else: generation {present} is there already"
        raise ConflictError(message, hint=f"cloudkit status {self.app[1]}")

    def _check_ports(self, spec: AppSpec) -> None:
        """Refuse a port of the host that somebody else has, before anything changes."""
        port = self.world.taken(self.app, spec)
        if port is None:
            return
        owner = self.world.owner_of(port)
        what = f"port {port} is taken by {f'app {owner[1]!r}' if owner else 'another process of this machine'}"
        fix = f"deploy {spec.name} with another published port"
        cause = Cause(code=CauseCode.PORT_TAKEN, summary=what, evidence=(what,), fix=fix)
        raise RolloutError(f"app {spec.name!r} cannot be published: {what}", cause=cause)

    def _recorded(self, spec: AppSpec) -> Record:
        record = self.world.records.get(self.app)
        if record is not None and record.spec == spec:
            return record
        self.world.faults.step()
        record = record or Record(app=self.app, spec=spec)
        record.want(spec, self.world.clock.now)
        self.world.records[self.app] = record
        self.world.publish(record)
        return record
