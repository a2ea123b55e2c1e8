"""Bring the replicas of one app to what is wanted, step by step, from whatever is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from cloudkit.backends.docker.balancer.settings import balanced
from cloudkit.backends.docker.ending import end_replicas
from cloudkit.backends.docker.observe import Observation, Seen
from cloudkit.backends.docker.replicas import Replicas
from cloudkit.backends.docker.stepping import step_towards
from cloudkit.backends.docker.steps import Member, Step
from cloudkit.backends.docker.traffic import Traffic
from cloudkit.backends.rolling import NotReady, allowance, late_cause, step_told, superseded, suspicion
from cloudkit.errors import CloudkitError
from cloudkit.model.app import AppSpec
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.progress import Listener

__all__ = ["Roll"]

FIRST_TICK, LAST_TICK = 0.01, 0.15  # seconds between two looks, from the first to the later ones
SETTLE = 0.5  # seconds that a replica without any probe must run before it counts as ready
DIAGNOSE = 1.5  # seconds between two searches for a cause while nothing has ended
DIAGNOSE_ENDED = 0.2  # seconds between two when something has


@dataclass(slots=True, kw_only=True)
class Roll:
    """One app's way to its wanted replicas.

    Args:
        spec: What is wanted.
        revision: The revision that its replicas have.
        generation: The generation this roll acts for; a newer one ends it.
        observe: Looks at the engine.
        diagnose: Asks why a replica is not ready.
        replicas: Starts and ends them.
        traffic: What stands in front of them.
        listener: Hears of each step.
    """

    spec: AppSpec
    revision: int
    generation: int
    observe: Callable[[], Observation]
    diagnose: Callable[[Observation], Cause | None]
    replicas: Replicas
    traffic: Traffic
    listener: Listener
    _running_since: dict[str, float] = field(default_factory=dict)
    _revived: set[str] = field(default_factory=set)
    _fresh: frozenset[str] = frozenset()
    _ends: float | None = None
    _progress: tuple[object, ...] = ()
    _tick: float = FIRST_TICK
    _suspected: CauseCode | None = None
    _progressed_at: float = field(default_factory=time.monotonic)
    _diagnosed_at: float = field(default_factory=time.monotonic)

    def run(self, *, wait: bool, timeout: float | None) -> Observation:
        """Act until all is as wanted, and return what was seen last.

        Args:
            wait: False leaves once there is nothing more to do but wait.
            timeout: Seconds at the most; None leaves the end to the spec's own deadline.

        Raises:
            NotReady: A replica does not become ready.
            ConflictError: Somebody else wants something newer.
        """
        self._ends = None if timeout is None else time.monotonic() + timeout
        try:
            while (last := self._advanced(wait=wait)) is None:
                pass
        except KeyboardInterrupt:
            with suppress(CloudkitError):  # whoever interrupts wants to leave, not to hear of more
                self._detach(self.observe())
            raise
        return last

    def _advanced(self, *, wait: bool) -> Observation | None:
        """Look, and do the next step; at the end return what was seen."""
        observation = self.observe()
        self._guard(observation)
        members = self.members(observation)
        step = step_towards(self.spec, self.revision, members)
        self._tell(members, settled=step.settled)
        if step.settled:
            return observation
        if step.idle and not step.more and not wait and self._only_new(members):
            self._detach(observation)
            return observation
        self._check(observation, members, idle=step.idle)
        if step.idle:
            self._pause()
        else:
            self._perform(step, observation)
        return None

    def _detach(self, observation: Observation) -> None:
        """Leave replicas that are still starting to their balancer, as nobody waits for them any more."""
        if all(one.revision == self.revision for one in observation.replicas):
            self.traffic.trust([one.name for one in observation.replicas])

    def members(self, observation: Observation) -> list[Member]:
        """Return the replicas as the next step sees them."""
        running = {one.name: one.address for one in observation.replicas if one.state == "running" and one.healthy}
        leaving = {one.name for one in observation.replicas if one.revision != self.revision}
        up = self.traffic.serving(running, leaving)
        self._running_since = {name: since for name, since in self._running_since.items() if name in running}
        return [self._member(seen, up, woken=observation.woken) for seen in observation.replicas]

    def _member(self, seen: Seen, up: frozenset[str], *, woken: bool) -> Member:
        done = seen.completed(self.spec.restart_policy) and (not woken or seen.name in self._revived)
        ready = seen.name in up and self._has_settled(seen)
        return Member(
            name=seen.name, revision=seen.revision, alive=seen.awake, ready=ready, done=done, ordinal=seen.ordinal
        )

    def _has_settled(self, seen: Seen) -> bool:
        since = self._running_since.setdefault(seen.name, time.monotonic())
        probed = balanced(self.spec) or self.spec.readiness is not None
        return probed or seen.revision != self.revision or time.monotonic() - since >= SETTLE

    def _only_new(self, members: Sequence[Member]) -> bool:
        return all(one.revision == self.revision for one in members)

    def _guard(self, observation: Observation) -> None:
        if observation.generation != self.generation:
            self._withdraw(observation)
            raise superseded(self.spec.name, self.generation)
        self._fresh = frozenset()

    def _withdraw(self, observation: Observation) -> None:
        """Take back what was started since the last look: whoever wants something newer may not have counted on it."""
        fresh = [seen for seen in observation.replicas if seen.name in self._fresh]
        with suppress(CloudkitError):  # the balancer may be gone
            self.traffic.dismiss([seen.name for seen in fresh])
        end_replicas(self.replicas.api, fresh, grace=self.spec.stop_grace)

    def _perform(self, step: Step, observation: Observation) -> None:
        by_name = {seen.name: seen for seen in observation.replicas}
        revive = [by_name[name] for name in step.revive if name not in self._revived]
        self._revived.update(seen.name for seen in revive)
        if step.start or step.ordinals or revive:
            started = self.replicas.start(self.spec, self.revision, step.start, revive, ordinals=step.ordinals)
            self._fresh = frozenset(started).difference(by_name)
            self.traffic.admit(started)
        if step.retire:
            self._retire([by_name[name] for name in step.retire])
        if step.start or step.ordinals or step.retire or revive:
            self._tick = FIRST_TICK
        else:
            self._pause()

    def _pause(self) -> None:
        time.sleep(self._tick)
        self._tick = min(LAST_TICK, self._tick * 1.5)

    def _retire(self, retired: Sequence[Seen]) -> None:
        names = [seen.name for seen in retired]
        self.traffic.drain(names, deadline=self.spec.rollout.drain)
        self.traffic.dismiss(names)
        end_replicas(self.replicas.api, retired, grace=self.spec.stop_grace)

    def _check(self, observation: Observation, members: Sequence[Member], *, idle: bool) -> None:
        """Raise when waiting longer cannot help, or has lasted long enough."""
        now = time.monotonic()
        waiting = [one for one in members if one.revision == self.revision and not one.ready and not one.done]
        ended = any(not one.alive for one in waiting) or self._restarting(observation)
        late = (self._overdue(now) or self._timed_out(now)) and (idle or bool(waiting))
        patience = DIAGNOSE_ENDED if ended else DIAGNOSE
        if waiting and (late or now - self._diagnosed_at > patience):
            self._diagnosed_at = now
            cause = self.diagnose(observation)
            if cause is not None and (cause.certain or late):
                raise NotReady(cause)
            self._suspect(cause)
        if late:
            why = "the time given is over" if self._timed_out(now) else f"no progress for {allowance(self.spec):g} s"
            raise NotReady(late_cause(self.spec, len(waiting), why))

    def _suspect(self, cause: Cause | None) -> None:
        """Tell of a cause that waiting may yet mend, once."""
        if cause is not None and cause.code is not self._suspected:
            self._suspected = cause.code
            self.listener(suspicion(self.spec, cause))

    def _restarting(self, observation: Observation) -> bool:
        return any(one.state == "restarting" for one in observation.replicas if one.revision == self.revision)

    def _overdue(self, now: float) -> bool:
        return now - self._progressed_at > allowance(self.spec)

    def _timed_out(self, now: float) -> bool:
        return self._ends is not None and now > self._ends

    def _tell(self, members: Sequence[Member], *, settled: bool) -> None:
        ready = sum(one.ready and one.revision == self.revision for one in members)
        old = sum(one.revision != self.revision for one in members)
        progress = (ready, old, len(members))
        if progress == self._progress and not settled:
            return
        self._progress, self._progressed_at = progress, time.monotonic()
        self.listener(step_told(self.spec.name, ready=ready, wanted=self.spec.replicas, old=old, settled=settled))
