"""Wait while the cluster's own controllers bring an app to what is wanted, and see soon when they cannot."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cloudkit.backends.kubernetes.labels import GENERATION
from cloudkit.backends.kubernetes.objects import Pod, Workload
from cloudkit.backends.kubernetes.sight import Sight
from cloudkit.backends.rolling import NotReady, allowance, late_cause, step_told, superseded, suspicion
from cloudkit.errors import BackendError
from cloudkit.model.cause import Cause, CauseCode
from cloudkit.model.progress import Listener
from cloudkit.model.state import AppState, ReplicaPhase

__all__ = ["Roll"]

TICK = 1.0  # seconds after which it is looked again though nothing was told
DIAGNOSE = 1.5  # seconds between two searches for a cause while nothing has ended
DIAGNOSE_ENDED = 0.3  # seconds between two when something has
_DONE = frozenset({ReplicaPhase.READY, ReplicaPhase.COMPLETED})


@dataclass(slots=True, kw_only=True)
class Roll:
    """One app's way to its wanted replicas.

    Args:
        name: The app.
        generation: The generation that it waits for; a newer one ends it.
        state: Makes the app's state of its owner and pods.
        diagnose: Asks why pods are not ready.
        listener: Hears of each step.
        unblock: Is called with the pods while its controller, which has seen what is wanted, may wait for ever.
    """

    name: str
    generation: int
    state: Callable[[Workload, Sequence[Pod]], AppState]
    diagnose: Callable[[AppState, Sequence[Pod]], Cause | None]
    listener: Listener
    unblock: Callable[[Sequence[Pod]], None] | None = None
    _ends: float | None = None
    _progress: tuple[object, ...] = ()
    _progressed_at: float = field(default_factory=time.monotonic)
    _diagnosed_at: float = field(default_factory=time.monotonic)
    _suspected: CauseCode | None = None
    _gave_up: bool | None = None

    def run(self, sight: Sight, *, timeout: float | None) -> None:
        """Return once all is as wanted.

        Args:
            sight: What there is of the app.
            timeout: Seconds at the most; None leaves the end to the spec's own deadline.

        Raises:
            NotReady: A replica does not become ready.
            ConflictError: Somebody else wants something newer.
        """
        self._ends = None if timeout is None else time.monotonic() + timeout
        while not self._looked(sight):
            sight.wait(self._patience())

    def _looked(self, sight: Sight) -> bool:
        """Look once; True at the end."""
        owner, pods = sight.owner, sight.pods
        if owner is None or owner.metadata.annotations.get(GENERATION) != str(self.generation):
            raise superseded(self.name, self.generation)
        state = self.state(owner, pods)
        current = owner.status.observed_generation >= owner.metadata.generation
        settled = current and state.settled
        self._tell(state, settled=settled)
        if current and not settled and self.unblock is not None:
            self.unblock(pods)
        return settled or self._ends_here(state, pods, gave_up=current and self._has_given_up(owner))

    def _has_given_up(self, owner: Workload) -> bool:
        """True when the controller says that there is no progress any more, and did not say so from the start."""
        said = any(one.type == "Progressing" and one.status == "False" for one in owner.status.conditions)
        self._gave_up = said if self._gave_up is None else self._gave_up and said
        return said and not self._gave_up

    def _ends_here(self, state: AppState, pods: Sequence[Pod], *, gave_up: bool) -> bool:
        """True when nothing but the end of old replicas is waited for, for too long; raise where a new one fails."""
        now, waiting = time.monotonic(), _waiting(state)
        why = self._late(state, now, gave_up=gave_up)
        if not waiting:
            return bool(why)
        if why or now - self._diagnosed_at > _interval(state):
            self._diagnosed_at = now
            cause = self._cause(state, pods, late=bool(why))
            if cause is not None and (cause.certain or why):
                raise NotReady(cause)
            self._suspect(state, cause)
        if why:
            raise NotReady(late_cause(state.spec, waiting, why))
        return False

    def _cause(self, state: AppState, pods: Sequence[Pod], *, late: bool) -> Cause | None:
        """Ask why; an API server that is restarted tells nothing of the app, so only a wait that is over ends by it."""
        try:
            return self.diagnose(state, pods)
        except BackendError:
            if late:
                raise
            return None

    def _late(self, state: AppState, now: float, *, gave_up: bool) -> str:
        """Return why it lasts too long, in words; empty while it does not."""
        if self._ends is not None and now > self._ends:
            return "the time given is over"
        if gave_up or now - self._progressed_at > allowance(state.spec):
            return f"no progress for {allowance(state.spec):g} s"
        return ""

    def _patience(self) -> float:
        """Return the seconds until the next look, when nothing changes."""
        return TICK if self._ends is None else min(TICK, max(0.0, self._ends - time.monotonic()))

    def _suspect(self, state: AppState, cause: Cause | None) -> None:
        """Tell of a cause that waiting may yet mend, once."""
        if cause is not None and cause.code is not self._suspected:
            self._suspected = cause.code
            self.listener(suspicion(state.spec, cause))

    def _tell(self, state: AppState, *, settled: bool) -> None:
        """Tell how far it is, where that has changed."""
        wanted = state.desired
        old = sum(one.revision != state.revision for one in state.replicas)
        progress = (state.ready, old, len(state.replicas))
        if progress == self._progress and not settled:
            return
        self._progress, self._progressed_at = progress, time.monotonic()
        self.listener(step_told(state.name, ready=state.ready, wanted=wanted, old=old, settled=settled))


def _waiting(state: AppState) -> int:
    """Return how many wanted replicas are not there or not ready."""
    done = sum(one.revision == state.revision and one.phase in _DONE for one in state.replicas)
    return max(0, state.desired - done)


def _interval(state: AppState) -> float:
    """Return the seconds between two searches for a cause."""
    return DIAGNOSE_ENDED if any(one.phase is ReplicaPhase.CRASHED for one in state.replicas) else DIAGNOSE
